//! What a node has now, and what it has counted.

use crate::metadata::milliseconds;
use crate::value::Value;
use aster_runtime::node::Stats;

#[expect(clippy::cast_precision_loss, reason = "counters are exact up to 2^53")]
fn number(count: u64) -> Value {
    Value::Number(count as f64)
}

/// As TypeScript has it: an object with a number for each counter, and the connections with the ways that they can take.
pub(crate) fn shown(stats: &Stats) -> Value {
    macro_rules! numbers {
        ($($name:literal $field:ident)*) => {
            vec![$(($name, number(stats.$field as u64)),)*]
        };
    }
    let mut shown = numbers! {
        "callsInFlight" calls_in_flight "bytesInUse" bytes_in_use "sessions" sessions "admitted" admitted
        "notAdmitted" not_admitted "expired" expired "revoked" revoked "queueFull" queue_full
        "tooMany" too_many "admissionFailed" admission_failed "protocolErrors" protocol_errors "slow" slow "overLimit" over_limit
        "permissionDenied" permission_denied "panics" panics
    };
    let connections = stats.connections.iter().map(|connection| {
        let paths = connection.paths.iter().map(|path| {
            Value::Record(vec![
                ("address", Value::text(&path.address)),
                ("relayed", Value::Bool(path.relayed)),
                ("selected", Value::Bool(path.selected)),
                ("roundTripMs", Value::Number(milliseconds(path.round_trip))),
            ])
        });
        Value::Record(vec![
            ("peer", Value::text(connection.peer)),
            ("protocol", Value::text(&connection.protocol)),
            ("dialled", Value::Bool(connection.dialled)),
            ("paths", Value::List(paths.collect())),
        ])
    });
    shown.push(("connections", Value::List(connections.collect())));
    Value::Record(shown)
}
