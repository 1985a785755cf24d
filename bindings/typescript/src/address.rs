//! Whatever names a peer: the text of a ticket, or an endpoint id.

use crate::environment::Environment;
use crate::error;
use crate::service::Shown;
use crate::value::Value;
use aster_runtime as runtime;
use aster_runtime::PeerAddress as _;
use iroh::{EndpointAddr, EndpointId, RelayUrl, TransportAddr};
use napi::{Env, Result};
use napi_derive::napi;
use std::net::SocketAddr;

/// The address of a peer. `lib/ticket.ts` has made text of tickets.
///
/// # Errors
/// `RangeError` for text that names none.
pub(crate) fn peer(env: &Env, text: &str) -> Result<EndpointAddr> {
    text.to_endpoint_addr().map_err(|error| error::range(env, error))
}

/// The addresses of several.
///
/// # Errors
/// As for [`peer`].
pub(crate) fn peers(env: &Env, texts: Option<Vec<String>>) -> Result<Vec<EndpointAddr>> {
    let texts = texts.unwrap_or_default();
    texts.iter().map(|text| peer(env, text)).collect()
}

/// The text, the id, the direct addresses and the relay of a ticket.
fn shown(address: EndpointAddr) -> Shown {
    let addresses = address.ip_addrs().map(ToString::to_string);
    let relay = address.relay_urls().next().map(Value::text);
    let parts = vec![
        Value::text(address.id),
        Value::texts(addresses),
        Value::or_undefined(relay),
    ];
    let mut all = vec![Value::text(runtime::Ticket::from(address))];
    all.extend(parts);
    Shown(Value::List(all))
}

#[napi]
impl Environment {
    /// Reads a ticket, or an endpoint id.
    #[napi(ts_return_type = "[string, string, string[], string | undefined]")]
    pub fn parse_ticket(&self, env: Env, text: String) -> Result<Shown> {
        peer(&env, &text).map(shown)
    }

    /// The ticket of a node.
    #[napi(ts_return_type = "[string, string, string[], string | undefined]")]
    pub fn make_ticket(
        &self,
        env: Env,
        id: String,
        addresses: Vec<String>,
        relay: Option<String>,
    ) -> Result<Shown> {
        let wrong =
            |what: &str, text: &str| error::range(&env, format!("`{}` is no {what}", text.escape_debug()));
        let key = id.trim().parse::<EndpointId>();
        let key = key.map_err(|_| wrong("endpoint id: they have 64 hexadecimal digits", &id))?;
        let mut all = Vec::with_capacity(addresses.len() + 1);
        for text in &addresses {
            let address = text.parse::<SocketAddr>();
            let address = address.map_err(|_| {
                wrong(
                    "address: expected one as `192.0.2.1:4433` or `[2001:db8::1]:4433`",
                    text,
                )
            })?;
            all.push(TransportAddr::Ip(address));
        }
        if let Some(text) = &relay {
            let url = text.parse::<RelayUrl>();
            all.push(TransportAddr::Relay(
                url.map_err(|_| wrong("URL of a relay", text))?,
            ));
        }
        Ok(shown(EndpointAddr::from_parts(key, all)))
    }
}
