//! How a node calls itself: iroh dials no endpoint from itself, so that a second one does, on the same machine.
//!
//! Its connections pass all gates as those of any peer; the gate knows them as the node's own.

use crate::node::gate::Gate;
use crate::trust::PeerId;
use iroh::endpoint::presets;
use iroh::{Endpoint, EndpointAddr, RelayMode, TransportAddr};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Binds the second endpoint, and tells the gate who it is.
pub(crate) async fn bind(endpoint: &Endpoint, gate: &Gate) -> Result<Endpoint, String> {
    let ip = places(endpoint)
        .next()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |place| place.ip());
    let builder = Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .clear_ip_transports()
        .bind_addr(SocketAddr::new(ip, 0))
        .map_err(|error| error.to_string())?;
    let own = builder.bind().await.map_err(|error| error.to_string())?;
    let id = |endpoint: &Endpoint| PeerId(*endpoint.id().as_bytes());
    gate.recognize(id(&own), id(endpoint));
    Ok(own)
}

/// Where the node is dialled from the same machine.
pub(crate) fn address(endpoint: &Endpoint) -> EndpointAddr {
    EndpointAddr::from_parts(endpoint.id(), places(endpoint).map(TransportAddr::Ip))
}

fn places(endpoint: &Endpoint) -> impl Iterator<Item = SocketAddr> {
    endpoint.bound_sockets().into_iter().map(|mut address| {
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        address
    })
}
