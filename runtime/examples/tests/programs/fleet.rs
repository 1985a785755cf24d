//! The fleet console as a person runs it: all four patterns and a session, between two processes.

use super::run;

#[test]
fn every_pattern_and_a_session_work_between_two_processes() {
    let output = run("fleet", &[]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let lines: Vec<&str> = output.stdout.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "status   anna load [0.25, 0.5], 3 steps in 1s 500ms",
            "status   not found: there is no agent `carl`; there are anna, bert",
            "ingest   1000 lines",
            "tail     bert line 899",
            "tail     bert line 999",
            "tail     bert on fire",
            "exec     hello fleet (0)",
            "exec     reboot: there is no such command (127)",
            "shell    /etc: fleet.toml",
            "shell    /: etc var",
        ]
    );
    assert_eq!(output.stderr, "", "nothing to complain about");
}
