//! Metrics of calls, through the `metrics` facade: whoever installs a recorder gets them.

use super::{Before, ClientCall, ClientInterceptor, Outcome, ServerInterceptor};
use crate::context::Context;
use metrics::{counter, gauge, histogram};

/// Counts and times calls, at a server and at a client. Labels are names of the schema and status codes, never peers: their number
/// is bounded.
///
/// | name | kind | labels | unit |
/// |---|---|---|---|
/// | `aster_server_calls_total` | counter | `service`, `method`, `code` | calls |
/// | `aster_server_call_seconds` | histogram | `service`, `method` | seconds, from the header's arrival to the end |
/// | `aster_server_calls_in_flight` | gauge | `service`, `method` | calls |
/// | `aster_client_calls_total` | counter | `service`, `method`, `code` | calls, retried ones once |
/// | `aster_client_attempts_total` | counter | `service`, `method` | times that calls were sent |
/// | `aster_client_call_seconds` | histogram | `service`, `method` | seconds, with all attempts and the pauses between them |
/// | `aster_client_calls_in_flight` | gauge | `service`, `method` | calls |
#[derive(Clone, Copy, Debug, Default)]
pub struct Metrics;

impl ServerInterceptor for Metrics {
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        let (service, method) = (call.service(), call.method());
        gauge!("aster_server_calls_in_flight", "service" => service, "method" => method).increment(1.0);
        Box::pin(std::future::ready(Ok(())))
    }

    fn after(&self, call: &Context, outcome: &Outcome<'_>) {
        let (service, method, code) = (call.service(), call.method(), outcome.code().as_str());
        gauge!("aster_server_calls_in_flight", "service" => service, "method" => method).decrement(1.0);
        histogram!("aster_server_call_seconds", "service" => service, "method" => method)
            .record(outcome.elapsed.as_secs_f64());
        counter!("aster_server_calls_total", "service" => service, "method" => method, "code" => code)
            .increment(1);
    }
}

impl ClientInterceptor for Metrics {
    fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
        let (service, method) = call.names();
        gauge!("aster_client_calls_in_flight", "service" => service, "method" => method).increment(1.0);
        Box::pin(std::future::ready(Ok(())))
    }

    fn on_attempt(&self, call: &ClientCall, _: u32) {
        let (service, method) = call.names();
        counter!("aster_client_attempts_total", "service" => service, "method" => method).increment(1);
    }

    fn after(&self, call: &ClientCall, outcome: &Outcome<'_>) {
        let ((service, method), code) = (call.names(), outcome.code().as_str());
        gauge!("aster_client_calls_in_flight", "service" => service.clone(), "method" => method.clone())
            .decrement(1.0);
        histogram!("aster_client_call_seconds", "service" => service.clone(), "method" => method.clone())
            .record(outcome.elapsed.as_secs_f64());
        counter!("aster_client_calls_total", "service" => service, "method" => method, "code" => code)
            .increment(1);
    }
}
