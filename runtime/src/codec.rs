//! Payloads: Apache Fory XLANG, in the one profile of the codec specification.

/// Why a payload could not be written or read. (placeholder: see the codec issue)
#[derive(Debug)]
pub struct CodecError;

/// The result of a step of the codec.
pub type CodecResult<T> = Result<T, CodecError>;

/// A message of a schema: generated code implements it.
pub trait Message: Sized + Send + 'static {
    /// Appends one whole, self-contained payload to `buffer`. On an error `buffer` is as it was.
    fn encode(&self, buffer: &mut Vec<u8>) -> CodecResult<()>;

    /// Reads one whole payload; bytes left over are an error.
    fn decode(bytes: &[u8]) -> CodecResult<Self>;
}
