//! Who called what, and how it ended: one event for each call.

use super::{Outcome, ServerInterceptor};
use crate::context::Context;

/// Writes an event of the target `aster::audit` at `info` for each call, with its peer, the peer's name and roles, the service, the
/// method, the call's id, the code of its status, and its milliseconds.
///
/// Neither messages nor metadata are in it: they may hold secrets. What the gates refuse is logged there, and counted in
/// [`Stats`](crate::node::Stats).
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit;

impl ServerInterceptor for Audit {
    fn after(&self, call: &Context, outcome: &Outcome<'_>) {
        let attribute = |key: &str| call.attributes().get(key).map_or("", |value| value);
        tracing::info!(
            target: "aster::audit",
            peer = %call.peer(),
            name = attribute("aster.name"),
            roles = attribute("aster.role"),
            service = call.service(),
            method = call.method(),
            call = call.call_id(),
            code = outcome.code().as_str(),
            milliseconds = u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
            "call"
        );
    }
}
