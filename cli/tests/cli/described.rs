//! `aster describe`: what it prints compiles to the contract that it was made of.

use super::{Fleet, aster};
use aster_examples::control::{ControlClient, ShellClient};
use aster_runtime::aster_node::NODE_CONTRACT_ID;
use aster_runtime::codegen::v1::ContractId;
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};
use std::fs;
use std::path::Path;

fn compiled(folder: &Path, file: &str) -> ContractId {
    let options = Options {
        import_roots: vec![folder.to_owned()],
    };
    let compiled = compile(&[Input::Path(folder.join(file))], &options, &Disk).expect("it is there");
    let contracts = compiled.contracts().expect("an identity");
    let contracts = contracts.unwrap_or_else(|| panic!("{}", compiled.human(false)));
    contracts.services[0].id
}

#[tokio::test]
async fn a_described_schema_has_the_contract_id_of_its_source() {
    let fleet = Fleet::new().await;
    let folder = fleet.folder.path();
    for (service, file, id) in [
        (
            "fleet.control.Control",
            "fleet/control.aster",
            ControlClient::CONTRACT_ID,
        ),
        (
            "fleet.control.Shell",
            "fleet/control.aster",
            ShellClient::CONTRACT_ID,
        ),
        ("aster.Node", "aster.aster", NODE_CONTRACT_ID),
    ] {
        let out = folder.join(service);
        let arguments = [service, "--out", out.to_str().expect("text")];
        let ran = fleet.aster("describe", &arguments).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.lines().last().copied(), out.join(file).to_str());
        assert_eq!(compiled(&out, file), id, "{service}");
        // again, it is all there
        assert_eq!(fleet.aster("describe", &arguments).await.code, Some(0));
        fs::write(out.join(file), "mine").expect("a file");
        let ran = fleet.aster("describe", &arguments).await;
        assert_eq!(ran.code, Some(4), "{ran:?}");
        assert_eq!(fs::read_to_string(out.join(file)).expect("a file"), "mine");
    }
    fleet.close().await;
}

#[tokio::test]
async fn it_is_laid_out_for_people() {
    let fleet = Fleet::new().await;
    let ran = fleet.aster("describe", &["Control"]).await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    for part in [
        "// fleet/common.aster\npackage fleet.common;\n\nenum Level {\n  DEBUG = 0;\n",
        "// fleet/control.aster\npackage fleet.control;\n\nimport \"fleet/common.aster\";\n",
        "message LogEntry {\n  agent: string;\n  at: timestamp;\n  labels: map<string, list<string>>;\n  level: fleet.common.Level;\n",
        "message Step {\n  fallback: Step?;\n  name: string;\n  then: list<Step>;\n}\n",
        "union Outcome {\n  done: Report = 1;\n",
        "@version(2)\n@requires(role: \"fleet.agent\")\nservice Control {\n",
        "  @idempotent @timeout(5s)\n  rpc status(StatusRequest) -> StatusReply;\n",
        "  @requires(any_of: [\"fleet.auditor\", \"fleet.operator\"])\n  rpc tail(TailRequest) -> stream LogEntry;\n",
        "  rpc exec(stream Command) -> stream CommandOutput;\n",
    ] {
        assert!(ran.stdout.contains(part), "{part}\nis not in\n{}", ran.stdout);
    }
    let ran = fleet.aster("describe", &["Shell", "--json"]).await;
    let start = r#"{"contract_id":"#;
    assert!(ran.stdout.starts_with(start) && ran.lines().len() == 1, "{ran:?}");
    assert!(
        ran.stdout.contains(r#""service":"fleet.control.Shell""#),
        "{ran:?}"
    );
    fleet.close().await;
}

#[tokio::test]
async fn a_server_that_describes_nothing_says_so() {
    let fleet = Fleet::with(|builder| builder.describe(false)).await;
    for command in [&["describe", "Control"][..], &["call", "Control.status"]] {
        let ran = fleet.aster(command[0], &command[1..]).await;
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
        assert!(
            ran.stderr
                .contains("keeps the definitions of `fleet.control.Control` for itself"),
            "{ran:?}"
        );
    }
    let ran = aster(fleet.folder.path(), &["services", &fleet.ticket], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    fleet.close().await;
}
