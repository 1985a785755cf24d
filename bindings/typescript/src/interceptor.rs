//! Interceptors that are written in TypeScript.

use crate::metadata;
use crate::queue::Bridge;
use crate::record;
use crate::server::{Answer, Asked, Target, hook};
use crate::value::Value;
use aster_runtime as runtime;
use aster_runtime::interceptor::{Before, ClientInterceptor, Outcome, ServerInterceptor};

/// An interceptor of a server or of a client, by its number.
pub(crate) struct Hook(Target);

impl Hook {
    pub(crate) fn new(bridge: &Bridge, number: u32) -> Self {
        Self(Target {
            bridge: bridge.clone(),
            number,
        })
    }

    fn tell(&self, name: &'static str, facts: Vec<Value>) {
        hook(&self.0.bridge, 0, self.0.number, name, facts);
    }
}

/// A call of a server's as `lib/context.ts` reads it.
fn answered(call: &runtime::Context) -> Vec<Value> {
    let mut bytes = Vec::new();
    record::facts(&mut bytes, call);
    vec![
        Value::Bytes(bytes.into()),
        Value::text(call.service()),
        Value::text(call.method()),
    ]
}

/// A call of a client's as `lib/interceptor.ts` reads it.
fn made(call: &runtime::interceptor::ClientCall) -> Value {
    Value::List(vec![
        Value::text(call.peer()),
        Value::text(call.service()),
        Value::text(call.method()),
        Value::Big(call.call_id()),
        Value::Bool(call.is_idempotent()),
        Value::or_undefined(
            call.deadline()
                .map(|left| Value::Number(metadata::milliseconds(left))),
        ),
        metadata::flat(call.metadata()),
    ])
}

fn ended(outcome: &Outcome<'_>) -> Value {
    Value::List(vec![
        Value::Number(f64::from(outcome.code().0)),
        Value::text(outcome.status.map(runtime::Status::message).unwrap_or_default()),
        Value::Number(metadata::milliseconds(outcome.elapsed)),
    ])
}

impl ServerInterceptor for Hook {
    fn before<'a>(&'a self, call: &'a runtime::Context) -> Before<'a> {
        Box::pin(async move {
            let asked = Asked::new(&self.0.bridge, Some(call.clone()));
            asked.ask(self.0.number, "before", answered(call));
            asked.answer().await.map(drop)
        })
    }

    fn after(&self, call: &runtime::Context, outcome: &Outcome<'_>) {
        let mut facts = answered(call);
        facts.push(ended(outcome));
        self.tell("after", facts);
    }
}

impl ClientInterceptor for Hook {
    fn before<'a>(&'a self, call: &'a mut runtime::interceptor::ClientCall) -> Before<'a> {
        Box::pin(async move {
            let asked = Asked::new(&self.0.bridge, None);
            asked.ask(self.0.number, "beforeCall", vec![made(call)]);
            if let Answer::Added(added) = asked.answer().await? {
                for (name, value) in added {
                    call.add_metadata(name, value)?;
                }
            }
            Ok(())
        })
    }

    fn on_attempt(&self, call: &runtime::interceptor::ClientCall, attempt: u32) {
        self.tell("onAttempt", vec![made(call), Value::Number(f64::from(attempt))]);
    }

    fn after(&self, call: &runtime::interceptor::ClientCall, outcome: &Outcome<'_>) {
        self.tell("afterCall", vec![made(call), ended(outcome)]);
    }
}
