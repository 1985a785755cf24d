//! The address of a node as text, and everything else that names a peer.

use iroh::{EndpointAddr, EndpointId};
use iroh_tickets::Ticket as _;
use iroh_tickets::endpoint::EndpointTicket;
use std::fmt;
use std::str::FromStr;

const CHECKSUM: usize = 4;

/// The address of a node, as text that begins with `aster`.
///
/// It holds the node's id, the addresses it is bound to and its relay, and a checksum: a damaged one is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket(EndpointAddr);

impl Ticket {
    /// The address as iroh knows it.
    pub fn endpoint_addr(&self) -> &EndpointAddr {
        &self.0
    }
}

impl From<EndpointAddr> for Ticket {
    fn from(address: EndpointAddr) -> Self {
        Self(address)
    }
}

impl iroh_tickets::Ticket for Ticket {
    const KIND: &'static str = "aster";

    fn encode_bytes(&self) -> Vec<u8> {
        let mut bytes = EndpointTicket::new(self.0.clone()).encode_bytes();
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(&checksum.as_bytes()[..CHECKSUM]);
        bytes
    }

    fn decode_bytes(bytes: &[u8]) -> Result<Self, iroh_tickets::ParseError> {
        let damaged = iroh_tickets::ParseError::verification_failed;
        let (body, checksum) = bytes
            .split_last_chunk::<CHECKSUM>()
            .ok_or_else(|| damaged("it is too short"))?;
        if blake3::hash(body).as_bytes()[..CHECKSUM] != checksum[..] {
            return Err(damaged("its checksum does not match"));
        }
        EndpointTicket::decode_bytes(body).map(|ticket| Self(ticket.into()))
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode_string())
    }
}

impl FromStr for Ticket {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if !text.starts_with(Self::KIND) {
            return Err(AddressError::NotATicket(shown(text)));
        }
        Self::decode_string(text).map_err(|_| AddressError::Damaged(shown(text)))
    }
}

/// Why text does not name a peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Neither a ticket nor an endpoint id.
    #[error(
        "`{0}` is not an Aster ticket (they begin with `aster`) and not an endpoint id (64 hexadecimal digits)"
    )]
    NotATicket(String),
    /// A ticket of which a part is missing or changed.
    #[error("the ticket `{0}` is damaged: copy it again, whole, from where it was printed")]
    Damaged(String),
}

/// As much of the text as fits into a sentence.
fn shown(text: &str) -> String {
    let end = text.floor_char_boundary(24);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", text[..end].escape_debug())
}

/// Names a peer: a [`Ticket`], its text, an endpoint id or an endpoint address.
pub trait PeerAddress {
    /// The address to dial.
    ///
    /// # Errors
    /// [`AddressError`] for text that is none.
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError>;
}

impl PeerAddress for Ticket {
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError> {
        Ok(self.0.clone())
    }
}

impl PeerAddress for EndpointAddr {
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError> {
        Ok(self.clone())
    }
}

impl PeerAddress for EndpointId {
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError> {
        Ok((*self).into())
    }
}

impl PeerAddress for str {
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError> {
        let text = self.trim();
        if text.len() == 64
            && let Ok(id) = text.parse::<EndpointId>()
        {
            return Ok(id.into());
        }
        text.parse::<Ticket>().map(|ticket| ticket.0)
    }
}

impl PeerAddress for String {
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError> {
        self.as_str().to_endpoint_addr()
    }
}

impl<T: PeerAddress + ?Sized> PeerAddress for &T {
    fn to_endpoint_addr(&self) -> Result<EndpointAddr, AddressError> {
        (**self).to_endpoint_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iroh::{SecretKey, TransportAddr};
    use proptest::prelude::*;

    fn ticket() -> Ticket {
        let id = SecretKey::from_bytes(&[7; 32]).public();
        let address = TransportAddr::Ip("127.0.0.1:4711".parse().unwrap());
        Ticket(EndpointAddr::from_parts(id, [address]))
    }

    #[test]
    fn a_ticket_is_read_again() {
        let text = ticket().to_string();
        assert!(text.starts_with("aster"));
        assert_eq!(text.parse(), Ok(ticket()));
        assert_eq!(
            format!(" {text}\n").to_endpoint_addr().as_ref(),
            Ok(ticket().endpoint_addr())
        );
        let id = ticket().0.id;
        assert_eq!(id.to_string().to_endpoint_addr(), Ok(id.into()));
    }

    #[test]
    fn every_damage_is_told() {
        let text = ticket().to_string();
        for length in 5..text.len() {
            assert!(matches!(
                text[..length].parse::<Ticket>(),
                Err(AddressError::Damaged(_))
            ));
        }
        for at in 5..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = if damaged[at] == b'a' { b'b' } else { b'a' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert!(
                matches!(damaged.parse::<Ticket>(), Err(AddressError::Damaged(_))),
                "{at}"
            );
        }
        let error = "http://x".parse::<Ticket>().unwrap_err();
        assert!(error.to_string().contains("begin with `aster`"), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".{0,80}") {
            let _ = text.to_endpoint_addr();
            let _ = format!("aster{text}").to_endpoint_addr();
        }
    }
}
