//! Why a request of a stream was not sent.

use aster_runtime::{Code, Status};

/// Whether a request was refused here, before it was sent: no response tells of that.
#[must_use]
pub fn is_ours(status: &Status) -> bool {
    [Code::CONTRACT_VIOLATION, Code::RESOURCE_EXHAUSTED].contains(&status.code())
}
