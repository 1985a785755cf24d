//! How a node finds the addresses of peers of which it knows the id alone, and tells its own.
//!
//! Source: runtime, "Node".

use crate::node::builder::Step;
use iroh::address_lookup::{AddressLookupBuilder, DnsAddressLookup, PkarrPublisher, PkarrResolver};
use iroh::endpoint::Builder;

/// The services that know where peers are. All of them are asked, and told where this node is.
///
/// A service of one's own is one too: iroh's `MemoryLookup`, or an `Arc` of what implements iroh's `AddressLookup`.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    services: Vec<Step>,
}

impl Lookup {
    /// None: peers are dialled by their address. The default.
    pub fn none() -> Self {
        Self::default()
    }

    /// The public service of n0, over DNS and over HTTPS (pkarr).
    ///
    /// It is told the node's relay, never its IP addresses: a node without a relay finds others there and is not found.
    pub fn n0() -> Self {
        Self {
            services: vec![Step::new(|builder: Builder| {
                builder
                    .address_lookup(PkarrPublisher::n0_dns())
                    .address_lookup(PkarrResolver::n0_dns())
                    .address_lookup(DnsAddressLookup::n0_dns())
            })],
        }
    }

    /// And this one.
    #[must_use]
    pub fn and(mut self, service: impl AddressLookupBuilder + Clone) -> Self {
        let step = Step::new(move |builder: Builder| builder.address_lookup(service.clone()));
        self.services.push(step);
        self
    }

    pub(crate) fn add_to(&self, builder: Builder) -> Builder {
        self.services
            .iter()
            .fold(builder, |builder, service| service.take(builder))
    }
}

impl<S: AddressLookupBuilder + Clone> From<S> for Lookup {
    fn from(service: S) -> Self {
        Self::none().and(service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iroh::Endpoint;
    use iroh::address_lookup::MemoryLookup;
    use iroh::endpoint::presets::Minimal;

    /// The builder tells what was added to it in its `Debug` alone.
    fn added(lookup: &Lookup) -> String {
        format!("{:?}", lookup.add_to(Endpoint::builder(Minimal)))
    }

    #[test]
    fn services_are_those_that_were_asked_for() {
        let n0 = [
            "PkarrPublisherBuilder",
            "PkarrResolverBuilder",
            "DnsAddressLookup",
        ];
        let none = added(&Lookup::none());
        assert!(none.contains("address_lookup: []"), "{none}");
        let public = added(&Lookup::n0());
        assert!(n0.iter().all(|service| public.contains(service)), "{public}");
        assert!(!public.contains("MemoryLookup"), "{public}");
        let both = added(&Lookup::n0().and(MemoryLookup::new()));
        assert!(n0.iter().all(|service| both.contains(service)), "{both}");
        assert!(both.contains("MemoryLookup"), "{both}");
        let own = added(&MemoryLookup::new().into());
        assert!(own.contains("MemoryLookup"), "{own}");
        assert!(!n0.iter().any(|service| own.contains(service)), "{own}");
    }
}
