//! Frames: bytes from a peer go in, whole frames with proven flags come out; and the other way round.
//!
//! A frame is `u32 LE length | u8 flags | payload`, where the length counts flags and payload.
//! Source: wire protocol, "Frames".

use bytes::Bytes;

/// The payload is one zstd frame.
pub const COMPRESSED: u8 = 0x01;
/// The payload is a status; nothing follows.
pub const TRAILER: u8 = 0x02;
/// The payload is a stream header or a response header.
pub const HEADER: u8 = 0x04;
/// The last message of this side.
pub const END_STREAM: u8 = 0x40;

/// Length and flags.
pub const PREFIX: usize = 5;
/// The largest HEADER payload.
pub const MAX_HEADER: usize = 16 * 1024;
/// The largest TRAILER payload.
pub const MAX_TRAILER: usize = 64 * 1024;
/// The largest payload of any frame, unless the node is configured otherwise.
pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stream header or a response header.
    Header,
    /// One message, or nothing but the end of its side.
    Message,
    /// A status.
    Trailer,
}

/// The flags of a frame: one of the seven values that the protocol allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// A message that others may follow.
    pub const MESSAGE: Self = Self(0);
    /// The last message of its side.
    pub const LAST: Self = Self(END_STREAM);
    /// A header that something follows.
    pub const HEADER: Self = Self(HEADER);
    /// A header that nothing follows.
    pub const ONLY_HEADER: Self = Self(HEADER | END_STREAM);
    /// A status.
    pub const TRAILER: Self = Self(TRAILER);

    /// The flags of that value, if the protocol allows it.
    pub fn parse(value: u8) -> Option<Self> {
        matches!(value, 0x04 | 0x44 | 0x00 | 0x40 | 0x01 | 0x41 | 0x02).then_some(Self(value))
    }

    /// The value on the wire.
    pub fn value(self) -> u8 {
        self.0
    }

    /// What a frame with these flags carries.
    pub fn kind(self) -> Kind {
        if self.0 & HEADER != 0 {
            Kind::Header
        } else if self.0 & TRAILER != 0 {
            Kind::Trailer
        } else {
            Kind::Message
        }
    }

    /// Whether the payload is one zstd frame.
    pub fn is_compressed(self) -> bool {
        self.0 & COMPRESSED != 0
    }

    /// Whether no message of this side follows.
    pub fn ends(self) -> bool {
        self.0 & END_STREAM != 0
    }

    /// The same message flags, with the payload compressed.
    #[must_use]
    pub fn compressed(self) -> Self {
        debug_assert!(
            self.kind() == Kind::Message,
            "headers and trailers are never compressed"
        );
        Self(self.0 | COMPRESSED)
    }
}

/// One whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the payload is.
    pub flags: Flags,
    /// The bytes after the flags.
    pub payload: Bytes,
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A length of zero, which has no room for the flags.
    #[error("a frame of length 0")]
    Empty,
    /// The payload is larger than a frame of its kind may be.
    #[error("a frame of {length} bytes, the limit is {limit}")]
    TooLarge {
        /// The size of the payload as declared.
        length: usize,
        /// The size allowed.
        limit: usize,
    },
    /// A combination of flags that the protocol does not know.
    #[error("unknown frame flags {0:#04x}")]
    Flags(u8),
    /// No payload, where the flags say there is one.
    #[error("an empty frame with flags {0:#04x}")]
    EmptyPayload(u8),
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Truncated,
}

/// Cuts a stream of chunks into frames.
///
/// A frame that lies within one chunk is not copied. For any other, memory grows with what has arrived,
/// never with what a prefix declares.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    chunk: Bytes,
    /// The beginning of a frame whose rest has not arrived.
    partial: Vec<u8>,
}

impl Decoder {
    /// A decoder that refuses payloads over `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            chunk: Bytes::new(),
            partial: Vec::new(),
        }
    }

    /// Adds what has arrived.
    pub fn push(&mut self, chunk: Bytes) {
        if !self.chunk.is_empty() {
            self.partial.extend_from_slice(&self.chunk);
        }
        self.chunk = chunk;
    }

    /// Splits the first whole frame off, or `None` until it has arrived. Length and flags are checked as soon
    /// as they are there.
    ///
    /// # Errors
    /// [`FrameError`]; the bytes that follow cannot be understood, so the stream is of no more use.
    #[expect(
        clippy::should_implement_trait,
        reason = "fallible, and more may come after `None`"
    )]
    pub fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.partial.is_empty() {
            let Some(prefix) = Prefix::parse(&self.chunk, self.limit)? else {
                self.stash(usize::MAX);
                return Ok(None);
            };
            if self.chunk.len() < prefix.total() {
                self.stash(usize::MAX);
                return Ok(None);
            }
            let mut whole = self.chunk.split_to(prefix.total());
            return Ok(Some(Frame {
                flags: prefix.flags,
                payload: whole.split_off(PREFIX),
            }));
        }
        self.stash(PREFIX);
        let Some(prefix) = Prefix::parse(&self.partial, self.limit)? else {
            return Ok(None);
        };
        self.stash(prefix.total());
        if self.partial.len() < prefix.total() {
            return Ok(None);
        }
        let whole = Bytes::from(std::mem::take(&mut self.partial));
        Ok(Some(Frame {
            flags: prefix.flags,
            payload: whole.slice(PREFIX..),
        }))
    }

    /// The declared payload size of the frame that has begun and is not whole yet.
    pub fn awaited(&self) -> Option<usize> {
        Prefix::parse(&self.partial, self.limit)
            .ok()
            .flatten()
            .map(|prefix| prefix.payload)
    }

    /// Whether bytes have arrived that no frame was made of.
    pub fn has_rest(&self) -> bool {
        !self.partial.is_empty() || !self.chunk.is_empty()
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] inside a frame.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.has_rest() {
            Err(FrameError::Truncated)
        } else {
            Ok(())
        }
    }

    /// Moves bytes of the chunk to the partial frame, until that is `length` long.
    fn stash(&mut self, length: usize) {
        let missing = length.saturating_sub(self.partial.len()).min(self.chunk.len());
        if missing > 0 {
            self.partial.extend_from_slice(&self.chunk.split_to(missing));
        }
    }
}

/// A checked length and flags.
struct Prefix {
    flags: Flags,
    payload: usize,
}

impl Prefix {
    /// Reads the prefix, or `None` until it has arrived. The largest limit is checked with four bytes.
    fn parse(input: &[u8], limit: usize) -> Result<Option<Self>, FrameError> {
        let Some(length) = input.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let Some(payload) = length.checked_sub(1) else {
            return Err(FrameError::Empty);
        };
        if payload > limit {
            return Err(FrameError::TooLarge {
                length: payload,
                limit,
            });
        }
        let Some(&value) = input.get(4) else {
            return Ok(None);
        };
        let flags = Flags::parse(value).ok_or(FrameError::Flags(value))?;
        let limit = match flags.kind() {
            Kind::Header => limit.min(MAX_HEADER),
            Kind::Trailer => limit.min(MAX_TRAILER),
            Kind::Message => limit,
        };
        if payload > limit {
            return Err(FrameError::TooLarge {
                length: payload,
                limit,
            });
        }
        if payload == 0 && flags != Flags::LAST && flags != Flags::TRAILER {
            return Err(FrameError::EmptyPayload(value));
        }
        Ok(Some(Self { flags, payload }))
    }

    fn total(&self) -> usize {
        PREFIX + self.payload
    }
}

/// Begins a frame at the end of `out`; the payload is appended next, then [`close`] is called with the result.
pub fn open(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX]);
    start
}

/// Completes the frame that [`open`] began at `start`: everything after its prefix is the payload.
pub fn close(out: &mut [u8], start: usize, flags: Flags) {
    let frame = &mut out[start..];
    let length = u32::try_from(frame.len() - 4).expect("frame: payloads are checked against the limit");
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4] = flags.0;
}

/// Appends one whole frame to `out`.
pub fn append(out: &mut Vec<u8>, flags: Flags, payload: &[u8]) {
    let start = open(out);
    out.extend_from_slice(payload);
    close(out, start, flags);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(input: &[u8], cut: usize, limit: usize) -> Result<Vec<Frame>, FrameError> {
        let mut decoder = Decoder::new(limit);
        let mut frames = Vec::new();
        for chunk in input.chunks(cut.max(1)) {
            decoder.push(Bytes::copy_from_slice(chunk));
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        decoder.finish()?;
        Ok(frames)
    }

    #[test]
    fn every_flag_value_is_allowed_or_refused_as_the_table_says() {
        for value in 0..=255u8 {
            let allowed = [0x04, 0x44, 0x00, 0x40, 0x01, 0x41, 0x02].contains(&value);
            let input = [2, 0, 0, 0, value, 9];
            assert_eq!(all(&input, 6, 100).is_ok(), allowed, "{value:#x}");
            let empty = [1, 0, 0, 0, value];
            let may_be_empty = [0x40, 0x02].contains(&value);
            assert_eq!(all(&empty, 5, 100).is_ok(), may_be_empty, "{value:#x}");
        }
    }

    #[test]
    fn refuses_a_large_frame_before_its_payload() {
        let mut decoder = Decoder::new(100);
        decoder.push(Bytes::from_static(&[102, 0, 0, 0]));
        assert_eq!(
            decoder.next(),
            Err(FrameError::TooLarge {
                length: 101,
                limit: 100
            })
        );
        let mut decoder = Decoder::new(DEFAULT_LIMIT);
        decoder.push(Bytes::from_static(&[0xff, 0xff, 0xff, 0xff]));
        assert!(matches!(decoder.next(), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn headers_and_trailers_have_limits_of_their_own() {
        for (flags, limit) in [
            (HEADER, MAX_HEADER),
            (HEADER | END_STREAM, MAX_HEADER),
            (TRAILER, MAX_TRAILER),
        ] {
            let prefix = |payload: usize| {
                let mut input = u32::try_from(payload + 1).unwrap().to_le_bytes().to_vec();
                input.push(flags);
                let mut decoder = Decoder::new(DEFAULT_LIMIT);
                decoder.push(Bytes::from(input));
                decoder.next()
            };
            assert_eq!(prefix(limit), Ok(None));
            assert_eq!(
                prefix(limit + 1),
                Err(FrameError::TooLarge {
                    length: limit + 1,
                    limit
                })
            );
        }
    }

    #[test]
    fn a_length_of_zero_is_refused() {
        assert_eq!(all(&[0, 0, 0, 0], 4, 100), Err(FrameError::Empty));
    }

    #[test]
    fn memory_follows_what_has_arrived() {
        let mut decoder = Decoder::new(DEFAULT_LIMIT);
        decoder.push(Bytes::from_static(&[0, 0, 0xff, 0, 0, 1, 2, 3]));
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.awaited(), Some(0xff_0000 - 1));
        assert!(decoder.partial.capacity() < 1024);
    }

    #[test]
    fn a_frame_in_one_chunk_is_not_copied() {
        let mut input = Vec::new();
        append(&mut input, Flags::LAST, b"hello");
        let input = Bytes::from(input);
        let mut decoder = Decoder::new(100);
        decoder.push(input.clone());
        let frame = decoder.next().unwrap().unwrap();
        assert_eq!(frame.payload.as_ptr(), input[PREFIX..].as_ptr());
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_truncated() {
        let mut input = Vec::new();
        append(&mut input, Flags::MESSAGE, b"hello");
        for length in 1..input.len() {
            assert_eq!(all(&input[..length], 3, 100), Err(FrameError::Truncated));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_cuts_do_not_matter(
            input in proptest::collection::vec(any::<u8>(), 0..400), cut in 1usize..50, limit in 0usize..300,
        ) {
            prop_assert_eq!(all(&input, cut, limit), all(&input, input.len().max(1), limit));
        }

        #[test]
        fn what_is_written_is_read_again_however_it_is_cut(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..100), 0..20),
            cut in 1usize..200,
        ) {
            let mut input = Vec::new();
            for payload in &payloads {
                append(&mut input, Flags::MESSAGE, payload);
            }
            append(&mut input, Flags::TRAILER, &[]);
            let frames = all(&input, cut, 100).unwrap();
            prop_assert_eq!(frames.len(), payloads.len() + 1);
            for (frame, payload) in frames.iter().zip(&payloads) {
                prop_assert_eq!(&frame.payload[..], &payload[..]);
            }
        }

        #[test]
        fn garbage_after_a_plausible_prefix_never_panics(flags in any::<u8>(), length in 0u32..600,
            rest in proptest::collection::vec(any::<u8>(), 0..600), cut in 1usize..64) {
            let mut input = length.to_le_bytes().to_vec();
            input.push(flags);
            input.extend(rest);
            prop_assert_eq!(all(&input, cut, 500), all(&input, input.len(), 500));
        }
    }
}
