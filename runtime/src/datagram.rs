//! The datagrams beside the calls of a connection.
//!
//! Source: wire protocol, "Liveness and draining".

use bytes::Bytes;

/// Something a peer says outside of any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datagram {
    /// Are you there?
    Ask([u8; 8]),
    /// Yes.
    Answer([u8; 8]),
    /// Open no more calls here.
    Drain,
}

impl Datagram {
    /// Reads a datagram; one of any other form is `None` and means nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [1, ref bytes @ ..] => bytes.try_into().ok().map(Self::Ask),
            [2, ref bytes @ ..] => bytes.try_into().ok().map(Self::Answer),
            [3] => Some(Self::Drain),
            _ => None,
        }
    }

    pub(crate) fn encode(self) -> Bytes {
        let with = |kind: u8, bytes: [u8; 8]| {
            let mut out = [kind; 9];
            out[1..].copy_from_slice(&bytes);
            Bytes::copy_from_slice(&out)
        };
        match self {
            Self::Ask(bytes) => with(1, bytes),
            Self::Answer(bytes) => with(2, bytes),
            Self::Drain => Bytes::from_static(&[3]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn has_the_bytes_of_the_specification() {
        assert_eq!(&Datagram::Ask([7; 8]).encode()[..], [1, 7, 7, 7, 7, 7, 7, 7, 7]);
        assert_eq!(
            &Datagram::Answer([7; 8]).encode()[..],
            [2, 7, 7, 7, 7, 7, 7, 7, 7]
        );
        assert_eq!(&Datagram::Drain.encode()[..], [3]);
    }

    proptest! {
        #[test]
        fn what_is_read_was_written_so(bytes in proptest::collection::vec(0..5u8, 0..12)) {
            if let Some(datagram) = Datagram::parse(&bytes) {
                prop_assert_eq!(&datagram.encode()[..], &bytes[..]);
            }
        }
    }
}
