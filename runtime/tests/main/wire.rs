//! The wire as its specification has it, from both ends: clients by hand at our server, servers by hand at our client.

mod calls;
mod cancels;
mod codes;
mod compression;
mod deadlines;
mod flow;
mod frames;
mod headers;
mod json;
mod limits;
mod misuse;
mod page;
mod resolution;
mod responses;
mod service;

use crate::garbage::framed;
use crate::support::{PROBE, ProbeClient, by_hand};
use aster_contract::canonical::{Reader, Writer};
use aster_runtime::codegen::v1;
use aster_runtime::frame::{Decoder, Frame, Kind};
use aster_runtime::{Client, Limits, Node, compress};
use data_encoding::BASE64;
use iroh::endpoint::{Connection, ReadError, RecvStream, SendStream};
use std::time::Duration;
use tokio::time::timeout;

/// Longer than anything takes that happens at all.
const HANG: Duration = Duration::from_secs(20);

const INTERNAL: u64 = 13;
const OK: u64 = 0;

/// One stream by hand, at either end.
struct Wire {
    send: SendStream,
    receive: RecvStream,
    decoder: Decoder,
}

impl Wire {
    fn new((send, receive): (SendStream, RecvStream)) -> Self {
        Self {
            send,
            receive,
            decoder: Decoder::new(1 << 25),
        }
    }

    /// A call by hand: the bytes go out in one write.
    async fn call(connection: &Connection, bytes: &[u8]) -> Self {
        let mut wire = Self::new(connection.open_bi().await.unwrap());
        wire.write(bytes).await;
        wire
    }

    /// The next call that arrives.
    async fn accept(connection: &Connection) -> Self {
        let accepted = timeout(HANG, connection.accept_bi())
            .await
            .expect("no call comes");
        Self::new(accepted.unwrap())
    }

    async fn write(&mut self, bytes: &[u8]) {
        // the other side may stop the stream, that is its answer
        let _ = self.send.write_all(bytes).await;
    }

    fn finish(&mut self) {
        let _ = self.send.finish();
    }

    /// The next frame, or `None` at the end; the code if the other side resets the stream.
    async fn frame(&mut self) -> Result<Option<Frame>, u64> {
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return Ok(Some(frame));
            }
            let chunk = timeout(HANG, self.receive.read_chunk(1 << 16)).await;
            match chunk.expect("no frame comes") {
                Ok(Some(chunk)) => self.decoder.push(chunk),
                Ok(None) => return Ok(None),
                Err(ReadError::Reset(code)) => return Err(code.into_inner()),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The flags of all frames that still come, to the end of the side.
    async fn flags(&mut self) -> Vec<u8> {
        let mut flags = Vec::new();
        while let Some(frame) = self.frame().await.unwrap() {
            flags.push(frame.flags.value());
        }
        flags
    }

    /// Everything that still comes.
    async fn answer(&mut self) -> Answer {
        let mut answer = Answer::default();
        while let Some(frame) = self.frame().await.expect("the stream is reset") {
            answer.flags.push(frame.flags.value());
            match frame.flags.kind() {
                Kind::Header => answer.header = frame.payload.to_vec(),
                Kind::Message if frame.flags.is_compressed() => {
                    answer
                        .messages
                        .push(compress::decompress(&frame.payload, 1 << 25).unwrap());
                }
                Kind::Message => answer.messages.push(frame.payload.to_vec()),
                Kind::Trailer => {
                    answer.in_json = frame.payload.first() == Some(&b'{');
                    answer.trailer = if answer.in_json {
                        Trailer::parse_json(&frame.payload)
                    } else {
                        Trailer::parse(&frame.payload)
                    };
                }
            }
        }
        assert_eq!(answer.flags.last(), Some(&0x02), "an answer ends with a trailer");
        answer
    }

    /// The code with which the other side stops what this one sends; `None` if it takes all of it.
    async fn stopped(&mut self) -> Option<u64> {
        let stopped = timeout(HANG, self.send.stopped())
            .await
            .expect("nobody stops the stream");
        stopped.unwrap().map(iroh::endpoint::VarInt::into_inner)
    }
}

/// What a server said.
#[derive(Debug, Default)]
struct Answer {
    flags: Vec<u8>,
    header: Vec<u8>,
    messages: Vec<Vec<u8>>,
    trailer: Trailer,
    /// Whether the trailer was written in JSON.
    in_json: bool,
}

/// A status as it is on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
struct Trailer {
    code: u64,
    message: String,
    details: Vec<(String, Vec<u8>)>,
    metadata: Vec<(String, String)>,
}

impl Trailer {
    fn new(code: u64, message: &str) -> Self {
        Self {
            code,
            message: message.to_owned(),
            ..Self::default()
        }
    }

    fn parse(payload: &[u8]) -> Self {
        if payload.is_empty() {
            return Self::default();
        }
        let mut input = Reader::new(payload);
        assert_eq!(input.byte().unwrap(), 1, "the format version");
        let (code, message) = (input.uvarint().unwrap(), input.string().unwrap().to_owned());
        let details = (0..input.list_header().unwrap())
            .map(|_| {
                let key = input.string().unwrap().to_owned();
                (key, input.bytes().unwrap().to_vec())
            })
            .collect();
        let metadata = read_metadata(&mut input);
        input.finish().unwrap();
        Self {
            code,
            message,
            details,
            metadata,
        }
    }

    /// A trailer in JSON: exactly its four members, in their types.
    fn parse_json(payload: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Members {
            code: u64,
            message: String,
            details: Vec<(String, String)>,
            metadata: Vec<(String, String)>,
        }

        let members: Members = serde_json::from_slice(payload).unwrap();
        let details = members.details.into_iter();
        Self {
            code: members.code,
            message: members.message,
            details: details
                .map(|(key, value)| (key, BASE64.decode(value.as_bytes()).unwrap()))
                .collect(),
            metadata: members.metadata,
        }
    }

    fn payload(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.byte(1);
        out.uvarint(self.code);
        out.string(&self.message);
        out.list(&self.details, |out, (key, value)| {
            out.string(key);
            out.bytes(value);
        });
        out.raw(&metadata(&self.metadata));
        out.finish()
    }

    fn frame(&self) -> Vec<u8> {
        framed(0x02, &self.payload())
    }

    fn detail(&self, key: &str) -> Vec<&str> {
        let values = self.details.iter().filter(|(other, _)| other == key);
        values
            .map(|(_, value)| std::str::from_utf8(value).unwrap())
            .collect()
    }
}

/// A list of metadata, whatever is in it.
fn metadata<S: AsRef<str>>(entries: &[(S, S)]) -> Vec<u8> {
    let mut out = Writer::new();
    out.list(entries, |out, (key, value)| {
        out.string(key.as_ref());
        out.string(value.as_ref());
    });
    out.finish()
}

fn read_metadata(input: &mut Reader<'_>) -> Vec<(String, String)> {
    (0..input.list_header().unwrap())
        .map(|_| {
            let key = input.string().unwrap().to_owned();
            (key, input.string().unwrap().to_owned())
        })
        .collect()
}

/// A response header, whatever is in it.
fn response_header<S: AsRef<str>>(entries: &[(S, S)]) -> Vec<u8> {
    [vec![1], metadata(entries)].concat()
}

/// An OK trailer.
fn ok() -> Vec<u8> {
    framed(0x02, b"")
}

/// Our client at a server made by hand.
struct AtHand {
    node: Node,
    client_node: Node,
    client: Client,
    probe: ProbeClient,
    connection: Connection,
}

impl AtHand {
    async fn new() -> Self {
        Self::with(|node| node).await
    }

    async fn with(change: impl FnOnce(aster_runtime::NodeBuilder) -> aster_runtime::NodeBuilder) -> Self {
        let node = Node::dev().spawn().await.unwrap();
        let mut calls = by_hand(&node);
        let client_node = change(Node::dev().limits(Limits::default()))
            .spawn()
            .await
            .unwrap();
        let client = Client::connect(&client_node, node.address()).await.unwrap();
        let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        let connection = calls.recv().await.unwrap();
        Self {
            node,
            client_node,
            client,
            probe,
            connection,
        }
    }

    /// The next call that the client makes.
    async fn accept(&self) -> Wire {
        Wire::accept(&self.connection).await
    }

    async fn close(self) {
        self.client_node.close().await;
        self.node.close().await;
    }
}
