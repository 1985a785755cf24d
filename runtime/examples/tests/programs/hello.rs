//! The main job as a person runs it, and each way it can go wrong.

use super::run;
use aster_examples::{altered, hello};
use aster_runtime::Node;

#[test]
fn a_call_between_two_processes_succeeds() {
    let output = run("hello", &[]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output
            .stdout
            .contains(&hello::HelloClient::CONTRACT_ID.to_string()),
        "{output:?}"
    );
    assert!(
        output.stdout.contains("Hello, Ada! Good to see you."),
        "{output:?}"
    );
    assert!(output.stdout.contains("round trip"), "{output:?}");
    assert_eq!(output.stderr, "", "nothing to complain about");
}

#[test]
fn an_altered_schema_is_refused_with_both_ids() {
    let output = run("hello", &["--altered"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    let (ours, theirs) = (altered::HelloClient::CONTRACT_ID, hello::HelloClient::CONTRACT_ID);
    assert_ne!(ours, theirs);
    for id in [ours, theirs] {
        assert!(output.stderr.contains(&id.to_string()), "{output:?}");
    }
    assert!(!output.stdout.contains("reply"), "{output:?}");
}

#[test]
fn a_damaged_ticket_is_named() {
    let output = run("hello", &["call", "asterisk"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "one sentence: {output:?}");
    assert!(output.stderr.contains("ticket"), "{output:?}");
}

#[test]
fn a_server_that_is_not_there_is_an_error_in_bounded_time() {
    let ticket = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async {
            let node = Node::dev().spawn().await.expect("a node");
            let ticket = node.address().to_string();
            node.close().await;
            ticket
        });
    let output = run("hello", &["call", &ticket]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "one sentence: {output:?}");
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    let output = run("hello", &["--loud"]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("--loud"), "{output:?}");
}
