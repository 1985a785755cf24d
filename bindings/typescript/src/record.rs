//! Records: how what has happened crosses to JavaScript, all of a wake-up in one array of bytes. `lib/environment.ts` reads them.
//!
//! A record is its kind (one byte), a token (`u32`), the length of its body (`u32`), and the body; numbers have their least
//! significant byte first. What is no bytes, or many bytes, lies in an array of values beside that: a record whose kind says so takes
//! the next of them.

use crate::failure::Failure;
use crate::value::{LARGE, Value};
use aster_runtime::{Metadata, PeerId};
use bytes::Bytes;

/// The kinds of records.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A call has its response, and nothing beside it.
    Answer = 0,
    /// A call has its response: header and trailer, then the payload.
    AnswerWith = 1,
    /// A call has its response: header and trailer. The payload is a value.
    AnswerLarge = 2,
    /// Work is done. What it has led to is a value.
    Done = 3,
    /// Work, a call or a stream has failed. Why is a value.
    Failed = 4,
    /// Messages of a stream, each after its length.
    Messages = 5,
    /// The same as a value.
    MessagesLarge = 6,
    /// What the other side sent before its first message.
    Header = 7,
    /// A stream has ended well; with the trailer.
    End = 8,
    /// More messages are taken.
    Room = 9,
    /// No more messages are taken.
    Closed = 10,
    /// A call has arrived: the token of its target, the method, the facts of the call, and the payload of its request if it has one.
    Call = 11,
    /// The same; the payload is a value.
    CallLarge = 12,
    /// A call has ended before it was answered.
    Over = 13,
    /// An interceptor or a session is asked, or told, something: a value.
    Hook = 14,
    /// The target of that token is asked nothing any more.
    Forget = 15,
    /// Items of a feed: a list as a value.
    Items = 16,
    /// A feed has begun.
    Begun = 17,
}

/// The records of one wake-up.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) bytes: Vec<u8>,
    pub(crate) values: Vec<Value>,
    /// The tokens of streams of which something was read.
    pub(crate) read: Vec<u32>,
}

impl Records {
    /// A record with a body that `write` writes.
    pub(crate) fn add(&mut self, kind: Kind, token: u32, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.push(kind as u8);
        self.bytes.extend_from_slice(&token.to_le_bytes());
        let place = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        write(&mut self.bytes);
        let length = u32::try_from(self.bytes.len() - place - 4).unwrap_or(u32::MAX);
        self.bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// A record that says all with its kind.
    pub(crate) fn tell(&mut self, kind: Kind, token: u32) {
        self.add(kind, token, |_| {});
    }

    /// A record with a value.
    pub(crate) fn value(&mut self, kind: Kind, token: u32, value: Value) {
        self.tell(kind, token);
        self.values.push(value);
    }

    pub(crate) fn failed(&mut self, token: u32, failure: Failure) {
        self.value(Kind::Failed, token, failure.into_value());
    }

    /// The response of a call.
    pub(crate) fn answer(&mut self, token: u32, payload: Bytes, header: &Metadata, trailer: &Metadata) {
        let both = |bytes: &mut Vec<u8>| {
            block(bytes, header);
            block(bytes, trailer);
        };
        if payload.len() >= LARGE {
            self.add(Kind::AnswerLarge, token, both);
            self.values.push(Value::Bytes(payload));
        } else if header.is_empty() && trailer.is_empty() {
            self.add(Kind::Answer, token, |bytes| bytes.extend_from_slice(&payload));
        } else {
            self.add(Kind::AnswerWith, token, |bytes| {
                both(bytes);
                bytes.extend_from_slice(&payload);
            });
        }
    }

    /// Messages of a stream.
    pub(crate) fn messages(&mut self, token: u32, messages: &[Bytes]) {
        if framed_length(messages) >= LARGE {
            self.value(Kind::MessagesLarge, token, Value::Bytes(framed(messages).into()));
        } else {
            self.add(Kind::Messages, token, |bytes| frame(bytes, messages));
        }
    }
}

fn framed_length(messages: &[Bytes]) -> usize {
    messages.iter().map(|message| message.len() + 4).sum()
}

/// Messages, each after its length.
pub(crate) fn framed(messages: &[Bytes]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(framed_length(messages));
    frame(&mut bytes, messages);
    bytes
}

fn frame(bytes: &mut Vec<u8>, messages: &[Bytes]) {
    for message in messages {
        length(bytes, message.len());
        bytes.extend_from_slice(message);
    }
}

fn length(bytes: &mut Vec<u8>, length: usize) {
    // frames are shorter than that
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    length(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// Names and values after their length in bytes.
pub(crate) fn pairs<'a>(bytes: &mut Vec<u8>, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    let place = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    for (name, value) in pairs {
        text(bytes, name);
        text(bytes, value);
    }
    let length = u32::try_from(bytes.len() - place - 4).unwrap_or(u32::MAX);
    bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
}

/// Metadata after its length.
pub(crate) fn block(bytes: &mut Vec<u8>, metadata: &Metadata) {
    pairs(bytes, metadata.iter());
}

/// What a call is, beside its messages: milliseconds until its deadline (no number without one), its number, its session (all ones
/// without one), the key of the peer, metadata, attributes.
pub(crate) fn facts(bytes: &mut Vec<u8>, context: &aster_runtime::Context) {
    let left = context.deadline().map_or(f64::NAN, crate::metadata::milliseconds);
    bytes.extend_from_slice(&left.to_le_bytes());
    bytes.extend_from_slice(&context.call_id().to_le_bytes());
    bytes.extend_from_slice(&context.session().unwrap_or(u64::MAX).to_le_bytes());
    peer(bytes, &context.peer());
    block(bytes, context.metadata());
    let attributes = context.attributes().iter();
    pairs(
        bytes,
        attributes.map(|(name, value)| (name.as_str(), value.as_str())),
    );
}

fn peer(bytes: &mut Vec<u8>, peer: &PeerId) {
    bytes.extend_from_slice(&peer.0);
}
