//! Compression of payloads: what is worth it, and how a peer's frame is unpacked within bounds.
//!
//! Source: wire protocol, "Compression".

use std::sync::atomic::{AtomicU32, Ordering};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::{self, DParameter};

/// Payloads up to this size are sent as they are.
pub const THRESHOLD: usize = 4096;
/// Work on more than this leaves the endpoint's thread.
pub const INLINE: usize = 256 * 1024;

const LEVEL: i32 = 1;
const SAMPLE: usize = 8 * 1024;
/// After a payload that did not shrink, one in so many is tried.
const RETRY: u32 = 64;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Output that is paid for by the input it comes from: so much memory is taken at once.
const PAID: usize = 16;

/// Remembers for one method and direction whether payloads shrink.
#[derive(Debug, Default)]
pub struct Shrinks {
    off: bool,
    /// 0 while they do; else the number of payloads since one did not.
    since: AtomicU32,
}

/// What is sent without compression.
pub(crate) static NEVER: Shrinks = Shrinks::new(false);

impl Shrinks {
    /// Nothing is known yet. Unless `on`, nothing is ever tried.
    pub const fn new(on: bool) -> Self {
        Self {
            off: !on,
            since: AtomicU32::new(0),
        }
    }

    /// Whether the next payload, of `length` bytes, is to be tried.
    pub fn worth_trying(&self, length: usize) -> bool {
        if length <= THRESHOLD || self.off {
            return false;
        }
        match self.since.load(Ordering::Relaxed) {
            0 => true,
            _ => self.since.fetch_add(1, Ordering::Relaxed) % RETRY == RETRY - 1,
        }
    }

    /// Tells how a try went.
    pub fn tried(&self, shrank: bool) {
        let since = if shrank { 0 } else { 1 };
        self.since.store(since, Ordering::Relaxed);
    }
}

/// The services and methods whose payloads are sent as they are. The length of what is compressed tells of its content:
/// where a secret stands beside text that somebody else chooses, it can be guessed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exempt(Vec<String>);

impl Exempt {
    /// Adds a service, `package.Name`, or one of its methods, `package.Name/method`.
    pub(crate) fn add(&mut self, path: String) {
        self.0.push(path);
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether payloads of that method are never compressed.
    pub(crate) fn covers(&self, service: &str, method: &str) -> bool {
        self.paths().any(|path| match path.split_once('/') {
            Some((named, part)) => named == service && part == method,
            None => path == service,
        })
    }
}

/// One zstd frame with the payload, if that is smaller. The beginning is tried before the rest.
pub fn compress(payload: &[u8]) -> Option<Vec<u8>> {
    if payload.len() > 2 * SAMPLE {
        let sample = zstd::bulk::compress(&payload[..SAMPLE], LEVEL).ok()?;
        if sample.len() >= SAMPLE {
            return None;
        }
    }
    let packed = zstd::bulk::compress(payload, LEVEL).ok()?;
    (packed.len() < payload.len()).then_some(packed)
}

/// Why a compressed payload was not unpacked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// More than the frame limit, or a window larger than it.
    #[error("a compressed payload that unpacks to more than {limit} bytes")]
    TooLarge {
        /// The size allowed.
        limit: usize,
    },
    /// Not exactly one zstd frame.
    #[error("a compressed payload that is not one zstd frame: {0}")]
    Malformed(&'static str),
}

/// Unpacks exactly one zstd frame into at most `limit` bytes. Memory grows with the output, never with what the
/// frame declares.
///
/// # Errors
/// [`DecompressError`].
pub fn decompress(payload: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let declared = Declared::parse(payload)?;
    if declared.window > limit.max(1024) as u64 || declared.size.is_some_and(|size| size > limit as u64) {
        return Err(DecompressError::TooLarge { limit });
    }
    match zstd_safe::find_frame_compressed_size(payload) {
        Ok(size) if size == payload.len() => {}
        Ok(_) => return Err(DecompressError::Malformed("bytes follow it")),
        Err(_) => return Err(DecompressError::Malformed("it is damaged")),
    }
    match declared.size.and_then(|size| usize::try_from(size).ok()) {
        Some(size) if size <= payload.len().saturating_mul(PAID).max(THRESHOLD) => {
            let unpacked = zstd::bulk::decompress(payload, size);
            unpacked.map_err(|_| DecompressError::Malformed("it is damaged"))
        }
        _ => stream(payload, limit),
    }
}

/// How much unpacking the payload needs, as far as it declares it.
pub fn declared_size(payload: &[u8]) -> u64 {
    Declared::parse(payload).map_or(0, |declared| declared.size.unwrap_or(declared.window))
}

fn stream(payload: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let damaged = |_| DecompressError::Malformed("it is damaged");
    let mut decoder = Decoder::new().map_err(damaged)?;
    let window = limit.max(1024).next_power_of_two().trailing_zeros();
    decoder
        .set_parameter(DParameter::WindowLogMax(window.clamp(10, 27)))
        .map_err(damaged)?;
    let mut input = InBuffer::around(payload);
    let mut unpacked: Vec<u8> = Vec::with_capacity(payload.len().saturating_mul(4).min(limit));
    loop {
        if unpacked.len() == unpacked.capacity() {
            if unpacked.len() > limit {
                return Err(DecompressError::TooLarge { limit });
            }
            // one byte over the limit tells that there is more
            let more = unpacked.len().clamp(THRESHOLD, limit + 1 - unpacked.len());
            unpacked.reserve_exact(more);
        }
        let filled = unpacked.len();
        let mut output = OutBuffer::around_pos(&mut unpacked, filled);
        let hint = decoder.run(&mut input, &mut output).map_err(damaged)?;
        if unpacked.len() > limit {
            return Err(DecompressError::TooLarge { limit });
        }
        if hint == 0 {
            return Ok(unpacked);
        }
        if unpacked.len() == filled && input.pos() == payload.len() && unpacked.len() < unpacked.capacity() {
            return Err(DecompressError::Malformed("it ends too early"));
        }
    }
}

/// What the header of a zstd frame says. Source: RFC 8878, 3.1.1.1.
struct Declared {
    window: u64,
    size: Option<u64>,
}

impl Declared {
    fn parse(payload: &[u8]) -> Result<Self, DecompressError> {
        let cut = DecompressError::Malformed("its header is damaged");
        let rest = payload
            .strip_prefix(&MAGIC)
            .ok_or(DecompressError::Malformed("it does not begin as one"))?;
        let (&descriptor, mut rest) = rest.split_first().ok_or(cut.clone())?;
        let single_segment = descriptor & 0x20 != 0;
        if descriptor & 3 != 0 {
            return Err(DecompressError::Malformed("it names a dictionary"));
        }
        let mut window = None;
        if !single_segment {
            let (&byte, after) = rest.split_first().ok_or(cut.clone())?;
            let base = 1u64 << (10 + (byte >> 3));
            window = Some(base + base / 8 * u64::from(byte & 7));
            rest = after;
        }
        let field = match (descriptor >> 6, single_segment) {
            (0, false) => 0,
            (0, true) => 1,
            (1, _) => 2,
            (2, _) => 4,
            _ => 8,
        };
        let mut bytes = [0; 8];
        bytes[..field].copy_from_slice(rest.get(..field).ok_or(cut)?);
        let number = u64::from_le_bytes(bytes).wrapping_add(if field == 2 { 256 } else { 0 });
        let size = (field > 0).then_some(number);
        Ok(Self {
            window: window.or(size).unwrap_or(0),
            size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn noise(length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut out);
        out
    }

    #[test]
    fn what_shrinks_is_packed_and_unpacked() {
        for length in [5000, 20_000, 300_000, 1 << 24] {
            let payload: Vec<u8> = noise(1000).into_iter().cycle().take(length).collect();
            let packed = compress(&payload).unwrap();
            assert!(packed.len() < length);
            assert_eq!(decompress(&packed, 1 << 24).unwrap(), payload);
        }
    }

    #[test]
    fn what_does_not_shrink_is_left_alone() {
        assert_eq!(compress(&noise(5000)), None);
        assert_eq!(compress(&noise(100_000)), None);
    }

    #[test]
    fn the_limit_holds_to_the_byte() {
        let packed = compress(&vec![7; 100_000]).unwrap();
        assert_eq!(decompress(&packed, 100_000).unwrap().len(), 100_000);
        assert_eq!(
            decompress(&packed, 99_999),
            Err(DecompressError::TooLarge { limit: 99_999 })
        );
    }

    fn without_size(payload: &[u8], window_log: u32) -> Vec<u8> {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        encoder.write_all(payload).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_without_a_declared_size_is_stopped_at_the_limit() {
        let packed = without_size(&vec![0; 64 << 20], 20);
        assert!(packed.len() < 10_000);
        assert_eq!(
            decompress(&packed, 16 << 20),
            Err(DecompressError::TooLarge { limit: 16 << 20 })
        );
        let packed = without_size(&vec![0; 1 << 20], 20);
        assert_eq!(decompress(&packed, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(
            decompress(&packed, (1 << 20) - 1),
            Err(DecompressError::TooLarge { limit: (1 << 20) - 1 })
        );
    }

    #[test]
    fn a_large_window_is_refused_before_anything_is_unpacked() {
        let packed = without_size(&vec![0; 1 << 20], 26);
        assert_eq!(
            decompress(&packed, 16 << 20),
            Err(DecompressError::TooLarge { limit: 16 << 20 })
        );
    }

    #[test]
    fn exactly_one_frame_is_taken() {
        let packed = compress(&vec![7; 10_000]).unwrap();
        assert_eq!(
            decompress(&[&packed[..], &packed[..]].concat(), 1 << 20),
            Err(DecompressError::Malformed("bytes follow it"))
        );
        assert!(decompress(&[], 1 << 20).is_err());
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9];
        assert!(decompress(&skippable, 1 << 20).is_err());
        for length in 0..packed.len() {
            assert!(decompress(&packed[..length], 1 << 20).is_err());
        }
    }

    #[test]
    fn after_a_failure_one_in_64_is_tried() {
        let shrinks = Shrinks::default();
        assert!(!shrinks.worth_trying(THRESHOLD));
        assert!(shrinks.worth_trying(THRESHOLD + 1));
        shrinks.tried(false);
        let tried = (0..640).filter(|_| shrinks.worth_trying(5000)).count();
        assert_eq!(tried, 10);
        shrinks.tried(true);
        assert!(shrinks.worth_trying(5000) && shrinks.worth_trying(5000));
        assert!((0..200).all(|_| !NEVER.worth_trying(1 << 20)));
    }

    #[test]
    fn a_service_or_one_method_is_exempt() {
        let mut exempt = Exempt::default();
        exempt.add("a.Whole".into());
        exempt.add("a.Part/get".into());
        for (service, method, expected) in [
            ("a.Whole", "get", true),
            ("a.Part", "get", true),
            ("a.Part", "set", false),
            ("a.Wholer", "get", false),
            ("Whole", "get", false),
        ] {
            assert_eq!(exempt.covers(service, method), expected, "{service}/{method}");
        }
    }

    proptest! {
        #[test]
        fn damaged_frames_never_panic_nor_pass_the_limit(at in 0usize..2000, value in any::<u8>(), limit in 0usize..40_000) {
            let payload: Vec<u8> = noise(700).into_iter().cycle().take(20_000).collect();
            let mut packed = compress(&payload).unwrap();
            let at = at % packed.len();
            packed[at] = value;
            if let Ok(unpacked) = decompress(&packed, limit) {
                prop_assert!(unpacked.len() <= limit);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut framed = MAGIC.to_vec();
            framed.extend(&bytes);
            let _ = decompress(&bytes, 1000);
            let _ = decompress(&framed, 1000);
        }
    }
}
