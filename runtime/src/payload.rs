//! Payloads on their way out: a message becomes one frame, compressed where that pays.

use crate::codec::Message;
use crate::compress::{self, Shrinks};
use crate::frame::{self, Flags};
use crate::status::Status;

/// A frame whose payload is encoded and whose prefix is still empty.
pub(crate) struct Open(Vec<u8>);

impl Open {
    /// Encodes a message behind the room for a prefix.
    pub(crate) fn encode<M: Message>(message: &M) -> Result<Self, Status> {
        let mut buffer = Vec::with_capacity(256);
        frame::open(&mut buffer);
        match message.encode(&mut buffer) {
            Ok(()) => Ok(Self(buffer)),
            Err(error) => Err(Status::internal(format!("the message cannot be sent: {error}"))),
        }
    }

    /// The same of what `encode` appends.
    pub(crate) fn with<E>(encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Self, E> {
        let mut buffer = Vec::with_capacity(256);
        frame::open(&mut buffer);
        encode(&mut buffer)?;
        Ok(Self(buffer))
    }

    /// The same of a payload that is encoded.
    pub(crate) fn holding(payload: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(frame::PREFIX + payload.len());
        frame::open(&mut buffer);
        buffer.extend_from_slice(payload);
        Self(buffer)
    }

    /// What is encoded.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.0[frame::PREFIX..]
    }

    /// Completes the frame, compressed where that pays. Large payloads are compressed away from this thread.
    pub(crate) async fn seal(self, flags: Flags, limit: usize, shrinks: &Shrinks) -> Result<Vec<u8>, Status> {
        let Self(mut buffer) = self;
        let length = buffer.len() - frame::PREFIX;
        if length > limit {
            let message = format!("the message has {length} bytes, the limit is {limit}");
            return Err(Status::resource_exhausted(message));
        }
        if !shrinks.worth_trying(length) {
            frame::close(&mut buffer, 0, flags);
            return Ok(buffer);
        }
        // boxed: calls of small messages carry no room for this
        Box::pin(pack(buffer, flags, shrinks)).await
    }
}

async fn pack(mut buffer: Vec<u8>, flags: Flags, shrinks: &Shrinks) -> Result<Vec<u8>, Status> {
    let packed;
    if buffer.len() - frame::PREFIX <= compress::INLINE {
        packed = compress::compress(&buffer[frame::PREFIX..]);
    } else {
        let work = move || {
            let packed = compress::compress(&buffer[frame::PREFIX..]);
            (buffer, packed)
        };
        (buffer, packed) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Status::internal("compression failed"))?;
    }
    shrinks.tried(packed.is_some());
    let Some(packed) = packed else {
        frame::close(&mut buffer, 0, flags);
        return Ok(buffer);
    };
    buffer.truncate(frame::PREFIX);
    buffer.extend_from_slice(&packed);
    frame::close(&mut buffer, 0, flags.compressed());
    Ok(buffer)
}
