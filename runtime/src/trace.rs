//! Spans of calls, and the trace context that travels in their metadata.
//!
//! Source: runtime, "Interceptors". Without the feature `opentelemetry` a trace context is only handed on.

use crate::metadata::Metadata;
use crate::status::Code;
use crate::trust::PeerId;
use std::borrow::Cow;
use tracing::Span;

macro_rules! span {
    ($kind:literal, $service:expr, $method:expr, $peer:expr) => {
        tracing::info_span!(
            target: "aster",
            "rpc",
            otel.kind = $kind,
            otel.name = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
            rpc.system = "aster",
            rpc.service = $service,
            rpc.method = $method,
            rpc.status = tracing::field::Empty,
            peer = %$peer,
        )
    };
}

/// The span of a call at its client: it begins with the call and ends with it, retries included.
pub(crate) fn client_span(peer: PeerId, service: &str, method: &str) -> Span {
    let span = span!("client", service, method, peer);
    #[cfg(feature = "opentelemetry")]
    otel::name(&span, service, method);
    span
}

/// The span of a call at its server: what the handler logs is in it. It belongs to the caller's trace, if that says so.
pub(crate) fn server_span(
    peer: PeerId,
    service: &'static str,
    method: &'static str,
    metadata: &Metadata,
) -> Span {
    let span = span!("server", service, method, peer);
    #[cfg(feature = "opentelemetry")]
    {
        otel::name(&span, service, method);
        otel::join(&span, metadata);
    }
    #[cfg(not(feature = "opentelemetry"))]
    let _ = metadata;
    span
}

/// Which end of a call a span belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Client,
    Server,
}

/// The call of a span has ended.
pub(crate) fn ended(span: &Span, code: Code, end: End) {
    span.record("rpc.status", code.as_str());
    #[cfg(feature = "opentelemetry")]
    otel::status(span, code, end);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = end;
}

/// The metadata with the trace context of a span, where there is one to tell.
pub(crate) fn inject<'a>(span: &Span, metadata: Cow<'a, Metadata>) -> Cow<'a, Metadata> {
    #[cfg(feature = "opentelemetry")]
    return otel::inject(span, metadata);
    #[cfg(not(feature = "opentelemetry"))]
    {
        let _ = span;
        metadata
    }
}

#[cfg(feature = "opentelemetry")]
mod otel {
    use super::{Code, Cow, End, Metadata, Span};
    use opentelemetry::propagation::{Extractor, Injector};
    use opentelemetry::trace::TraceContextExt as _;
    use std::collections::BTreeMap;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    /// OpenTelemetry names a span of a call by service and method.
    pub(super) fn name(span: &Span, service: &str, method: &str) {
        if !span.is_disabled() {
            span.record("otel.name", format!("{service}/{method}"));
        }
    }

    /// At the server an error is what the server is to blame for.
    pub(super) fn status(span: &Span, code: Code, end: End) {
        let is_error = match end {
            End::Client => code != Code::OK,
            End::Server => matches!(
                code,
                Code::UNKNOWN
                    | Code::DEADLINE_EXCEEDED
                    | Code::UNIMPLEMENTED
                    | Code::INTERNAL
                    | Code::UNAVAILABLE
                    | Code::DATA_LOSS
            ),
        };
        if is_error {
            span.record("otel.status_code", "ERROR");
        }
    }

    struct Carrier<'a>(&'a Metadata);

    impl Extractor for Carrier<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key)
        }

        fn keys(&self) -> Vec<&str> {
            self.0.iter().map(|(key, _)| key).collect()
        }
    }

    /// Makes the span a child of the one that the metadata names.
    pub(super) fn join(span: &Span, metadata: &Metadata) {
        if span.is_disabled() || metadata.is_empty() {
            return;
        }
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&Carrier(metadata))
        });
        if parent.span().span_context().is_valid() {
            // fails only where no OpenTelemetry layer listens, and then there is no trace to join
            let _ = span.set_parent(parent);
        }
    }

    #[derive(Default)]
    struct Entries(BTreeMap<String, String>);

    impl Injector for Entries {
        fn set(&mut self, key: &str, value: String) {
            self.0.insert(key.to_ascii_lowercase(), value);
        }
    }

    /// What the caller has set itself stays; what does not fit is left out: a trace is no reason to fail a call.
    pub(super) fn inject<'a>(span: &Span, metadata: Cow<'a, Metadata>) -> Cow<'a, Metadata> {
        if span.is_disabled() {
            return metadata;
        }
        let context = span.context();
        if !context.span().span_context().is_valid() {
            return metadata;
        }
        let mut entries = Entries::default();
        opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut entries);
        });
        let mut all = metadata.clone().into_owned();
        for (key, value) in entries.0 {
            if all.get(&key).is_none() && !value.is_empty() && all.insert(key, value).is_err() {
                return metadata;
            }
        }
        Cow::Owned(all)
    }
}
