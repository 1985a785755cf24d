//! `aster id`: prints the id of this node.

use crate::Common;
use crate::dial::{self, IDENTITY};
use crate::failure::Failure;
use crate::output::Output;
use serde_json::json;

pub(crate) fn run(common: &Common, output: &Output) -> Result<(), Failure> {
    let id = dial::identity(common)?.and_then(|builder| builder.id());
    let Some(id) = id else {
        return Err(Failure::Local(format!(
            "there is no identity here: `{IDENTITY}` is not in this folder; name the file with `--identity FILE`"
        )));
    };
    if output.json {
        return output.line(&json!({ "endpoint_id": id.to_string() }).to_string());
    }
    output.line(&id.to_string())
}
