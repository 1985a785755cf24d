//! Every row of the verdict table as a call: the code of one side against a server of the other. Where the contract
//! differs, the refusal has both ids, and these lead to the edit.

use crate::sides::{ROWS, Side};
use aster_runtime::{BuildError, Client, Code, Node, Server, StubError};
use asterc::diff::{Report, diff};
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};
use asterc::lock::Lock;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tokio::task::JoinHandle;

const ROOT: &str = "drift";
const REACHED: &str = "the handler was reached";

/// A server of one side, and a connection to it.
struct Served {
    node: Node,
    serving: JoinHandle<()>,
    client: Client,
}

impl Served {
    async fn new(side: Option<&Side>, caller: &Node) -> Result<Self, BuildError> {
        let node = Node::dev().spawn().await.unwrap();
        let builder = Server::builder(&node);
        let server = match side {
            Some(side) => (side.serve)(builder),
            None => builder,
        }
        .build()?;
        let serving = tokio::spawn(async move { server.serve().await.unwrap() });
        let client = Client::connect(caller, node.address()).await.unwrap();
        Ok(Self {
            node,
            serving,
            client,
        })
    }

    /// What a call with the code of `side` comes to; a handler that says no more than that it was reached is `None`.
    async fn call(&self, side: &Side) -> Result<Option<String>, StubError> {
        match (side.call)(&self.client)?.await {
            Ok(value) => Ok(Some(value)),
            Err(status) => {
                assert_eq!((status.code(), status.message()), (Code::ABORTED, REACHED));
                Ok(None)
            }
        }
    }

    async fn close(self) {
        self.client.close();
        self.node.close().await;
        self.serving.await.unwrap();
    }
}

/// What lies between the sides of a row, as `asterc diff` finds it.
fn report(row: &str) -> Report {
    let [old, new] = ["old", "new"].map(|side| {
        let path = Path::new(ROOT).join(row).join(side).with_extension("aster");
        let compiled = compile(&[Input::Path(path)], &Options::default(), &Disk).unwrap();
        let contracts = compiled.contracts().unwrap().unwrap();
        Lock::new(compiled.schema.as_ref().unwrap(), &contracts)
    });
    diff(&old, &new)
}

/// The names of the edits that a refusal leads to.
fn explain(report: &Report, refusal: &StubError, caller_is_old: bool) -> BTreeSet<&'static str> {
    let changes = match refusal {
        StubError::ContractMismatch { ours, theirs, .. } => {
            let [theirs] = theirs.as_slice() else {
                panic!("{refusal}");
            };
            for id in [ours, theirs] {
                assert!(refusal.to_string().contains(&id.to_string()), "{refusal}");
            }
            assert!(refusal.to_string().contains("asterc diff"), "{refusal}");
            let (old, new) = if caller_is_old {
                (ours, theirs)
            } else {
                (theirs, ours)
            };
            report.between(&old.to_string(), &new.to_string())
        }
        // a service of another name, or none: there is no id to compare
        StubError::ServiceNotFound { .. } => report.changes.iter().filter(|change| change.identity).collect(),
        other => panic!("{other}"),
    };
    changes.iter().map(|change| change.kind.name()).collect()
}

/// What is wrong with the calls from one side to the other.
async fn cross(
    row: &str,
    caller: &Node,
    from: Option<&Side>,
    to: Option<&Side>,
    from_is_old: bool,
) -> Option<String> {
    let served = match Served::new(to, caller).await {
        Ok(served) => served,
        Err(error) => return Some(error.to_string()),
    };
    // The code fits the server that was generated with it: a refusal below is about the other side.
    let own = match to {
        Some(side) => Some(served.call(side).await.map_err(|refusal| refusal.to_string())),
        None => None,
    };
    let differ = from.map(|side| side.contract_id) != to.map(|side| side.contract_id);
    let wrong = match (own, from) {
        (Some(Err(refusal)), _) => Some(format!("its own client is refused: {refusal}")),
        (_, None) => None,
        (own, Some(from)) => match served.call(from).await {
            Ok(value) if differ => Some(format!("not refused: {value:?}")),
            Ok(value) if own != Some(Ok(value.clone())) || value.is_none() => {
                Some(format!("{value:?} instead of {own:?}"))
            }
            Ok(_) => None,
            Err(refusal) if !differ => Some(refusal.to_string()),
            Err(refusal) => {
                let edits = explain(&report(row), &refusal, from_is_old);
                let edit = row.split('_').next().unwrap();
                (!edits.contains(edit)).then(|| format!("{edits:?} explain: {refusal}"))
            }
        },
    };
    served.close().await;
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn old_and_new_refuse_each_other_exactly_when_the_contract_differs_and_the_edit_is_named() {
    let caller = Node::dev().spawn().await.unwrap();
    let mut wrong = Vec::new();
    for (row, old, new) in ROWS {
        let (old, new) = (old.as_ref(), new.as_ref());
        for (from, to, from_is_old) in [(old, new, true), (new, old, false)] {
            if let Some(why) = cross(row, &caller, from, to, from_is_old).await {
                let direction = if from_is_old { "old to new" } else { "new to old" };
                wrong.push(format!("{row}, {direction}: {why}"));
            }
        }
    }
    caller.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_is_called() {
    let folders: BTreeSet<String> = fs::read_dir(ROOT)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|(row, ..)| (*row).to_owned()).collect();
    assert_eq!(folders, rows);
}
