//! `aster call`: every pattern, and each way it can fail.

use super::{Fleet, aster};

fn line(number: u32) -> String {
    format!(
        r#"{{"agent":"bert","at":"2026-11-27T00:00:00Z","labels":{{}},"level":"ERROR","text":"line {number}"}}"#
    )
}

#[tokio::test]
async fn all_patterns_are_called() {
    let fleet = Fleet::new().await;
    let request = r#"{"agent": "anna", "verbose": false}"#;
    let ran = fleet
        .aster("call", &["fleet.control.Control.status", request])
        .await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    assert_eq!(ran.lines(), [r#"{"agent":"anna","load":[0.25,0.5]}"#]);
    let lines = [line(1), String::new(), line(2)].join("\n");
    let ran = fleet.aster_with("call", &["Control.ingest", "-"], &lines).await;
    assert_eq!(ran.lines(), [r#"{"lines":"2"}"#], "{ran:?}");
    let ran = fleet.aster("call", &["Control/ingest", &line(3), &line(4)]).await;
    assert_eq!(ran.lines(), [r#"{"lines":"2"}"#], "{ran:?}");
    let request =
        "{\n\"agents\": [\"bert\"],\n\"level\": \"ERROR\", \"page\": {\"first\": 1, \"count\": 3}}\n";
    let ran = fleet.aster_with("call", &["Control.tail", "-"], request).await;
    assert_eq!(ran.lines(), [line(2), line(3), line(4)], "{ran:?}");
    let commands = ["one", "two"]
        .map(|word| format!(r#"{{"name":"echo","arguments":["{word}"],"within":"1s"}}"#))
        .join("\n");
    let ran = fleet.aster_with("call", &["Control.exec", "-"], &commands).await;
    assert_eq!(
        ran.lines(),
        [r#"{"code":0,"line":"one"}"#, r#"{"code":0,"line":"two"}"#],
        "{ran:?}"
    );
    // each in a session of its own
    let ran = fleet.aster("call", &["Shell.ls"]).await;
    assert_eq!(ran.lines(), [r#"{"names":["etc","var"],"path":"/"}"#], "{ran:?}");
    fleet.close().await;
}

#[tokio::test]
async fn a_status_of_the_server_is_told_and_ends_with_1() {
    let fleet = Fleet::new().await;
    let request = r#"{"agent": "carl", "verbose": false}"#;
    let ran = fleet.aster("call", &["Control.status", request]).await;
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    assert_eq!(
        ran.stderr,
        "error: not found: there is no agent `carl`; there are anna, bert\n"
    );
    let ran = fleet.aster("call", &["--json", "Control.status", request]).await;
    assert_eq!(
        ran.stderr,
        "{\"error\":{\"code\":5,\"details\":[],\"message\":\"there is no agent `carl`; there are anna, bert\",\"metadata\":[],\
         \"name\":\"NOT_FOUND\"}}\n"
    );
    let ran = fleet.aster("call", &["Control.stauts", request]).await;
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("it has `exec`, `ingest`, `status`"),
        "{ran:?}"
    );
    let ran = fleet.aster("call", &["Fleet.status", request]).await;
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("it serves `fleet.control.Control`"),
        "{ran:?}"
    );
    let pending = [
        "Control.tail",
        r#"{"agents":["anna"],"level":"DEBUG"}"#,
        "--deadline",
        "50ms",
    ];
    let ran = fleet.aster("call", &pending).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: deadline exceeded: "), "{ran:?}");
    fleet.close().await;
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_its_path() {
    let fleet = Fleet::new().await;
    for (request, said) in [
        (r#"{"agent": "anna"}"#, "verbose"),
        (r#"{"agent": 7, "verbose": false}"#, "agent"),
        ("nothing", "expected a value, found `n`"),
    ] {
        let ran = fleet.aster("call", &["Control.status", request]).await;
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
    }
    // the second of a stream: what was sent before it is not taken for all there is
    let lines = [line(1), "{}".to_owned(), line(2)].join("\n");
    for method in ["Control.ingest", "Control.exec"] {
        let ran = fleet.aster_with("call", &[method, "-"], &lines).await;
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
        assert!(ran.stderr.contains("contract violation"), "{ran:?}");
    }
    // nor is what was sent before one that is too large
    let large = format!(
        r#"{{"name":"{}","arguments":[],"within":"1s"}}"#,
        "x".repeat(17 << 20)
    );
    let ran = fleet.aster_with("call", &["Control.exec", "-"], &large).await;
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    assert!(ran.stderr.contains("resource exhausted"), "{}", ran.stderr);
    fleet.close().await;
}

#[tokio::test]
async fn usage_is_2_and_a_peer_that_is_not_there_4() {
    let fleet = Fleet::new().await;
    let folder = fleet.folder.path();
    for (arguments, said) in [
        (&["Control", "{}"][..], "names no method"),
        (&["Control.status", "{}", "{}"], "takes one request, there are 2"),
        (&["Control.ingest", "-", "{}"], "no other beside it"),
        (
            &["Control.status", "{}", "--deadline", "soon"],
            "a time above zero",
        ),
        (&["Control.status", "{}", "-m", "key"], "key=value"),
        (&["Control.status", "{}", "--contract", "12"], "contract"),
    ] {
        let ran = fleet.aster("call", arguments).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
    }
    let ran = aster(folder, &["call", "asterisk", "Control.status"], "").await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("the ticket `asterisk` is damaged"), "{ran:?}");
    fleet.node.close().await;
    let ran = fleet
        .aster("call", &["Control.status", "{}", "--connect-time", "300ms"])
        .await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    fleet.close().await;
}

#[tokio::test]
async fn metadata_goes_along() {
    let fleet = Fleet::new().await;
    let request = r#"{"agent": "anna", "verbose": false}"#;
    let ran = fleet
        .aster("call", &["Control.status", request, "-m", "Upper=case"])
        .await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("Upper"), "{ran:?}");
    let ran = fleet
        .aster(
            "call",
            &["Control.status", request, "-m", "trace=a=b", "--show-metadata"],
        )
        .await;
    assert_eq!(
        (ran.code, &*ran.stderr),
        (Some(0), ""),
        "the server says nothing beside: {ran:?}"
    );
    fleet.close().await;
}
