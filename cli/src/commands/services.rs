//! `aster services`: lists what a peer serves.

use crate::Common;
use crate::dial;
use crate::failure::Failure;
use crate::output::Output;
use aster_runtime::ServiceEntry;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(crate) struct Services {
    #[command(flatten)]
    peer: dial::Peer,
}

pub(crate) async fn run(arguments: &Services, common: &Common, output: &Output) -> Result<(), Failure> {
    dial::with(&arguments.peer, common, output, async |client| {
        let services = client.services();
        if output.json {
            let entries: Vec<_> = services.iter().map(json).collect();
            let peer = client.peer().to_string();
            return output.line(&json!({ "peer": peer, "services": entries }).to_string());
        }
        let rows: Vec<_> = services.iter().map(row).collect();
        let widths = [0, 1, 2].map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        });
        rows.iter().try_for_each(|[name, version, scope, id]| {
            output.line(&format!(
                "{name:0$}  {version:1$}  {scope:2$}  {id}",
                widths[0], widths[1], widths[2]
            ))
        })
    })
    .await
}

fn json(entry: &ServiceEntry) -> serde_json::Value {
    json!({
        "name": entry.name,
        "version": entry.version,
        "contract_id": entry.contract_id,
        "scope": entry.pattern,
        "serialization_modes": entry.serialization_modes,
    })
}

fn row(entry: &ServiceEntry) -> [String; 4] {
    [
        entry.name.clone(),
        format!("v{}", entry.version),
        entry.pattern.clone(),
        entry.contract_id.clone(),
    ]
}
