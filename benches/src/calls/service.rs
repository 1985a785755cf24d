//! Our side of the comparison: a service with a method of each pattern.

use crate::calls::payload::Messages;
use aster_runtime::codegen::v1::{self, At as _};
use futures_util::stream;
use std::fmt;

/// The index of each method.
pub const ECHO: usize = 0;
pub const SERVER_STREAM: usize = 1;
pub const CLIENT_STREAM: usize = 2;
pub const BIDI: usize = 3;

/// What a unary call sends and gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Text(pub String);

/// What streams are made of.
#[derive(Clone, Debug)]
pub struct Data(pub Vec<u8>);

/// How many messages there shall be, and of which size; or how many there were, and how many bytes in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    pub count: u64,
    pub bytes: u64,
}

static TEXT: v1::TypeInfo = v1::TypeInfo::new(
    "bench.Text",
    b"\x0c\xb0\x47\x92\x09\x7c\x62\x0d\xe1\x11\x84\x8d\x11\xc0\x0f\x4c\x97\x98\xc4\x15",
);
static DATA: v1::TypeInfo = v1::TypeInfo::new(
    "bench.Data",
    b"\x0c\x70\x3d\x4d\x0e\xaf\x54\x1c\xe1\x11\x84\x8d\x11\xc0\x0f\x0c\x13\x00\xc4\x29",
);
static AMOUNT: v1::TypeInfo = v1::TypeInfo::new(
    "bench.Amount",
    b"\x0f\x70\xec\xc9\x82\xeb\xee\x3b\xe2\x11\x84\x8d\x11\xc0\x13\x01\x8e\xa3\x66\xc4\x0e\xc8\x0e",
);

impl v1::Message for Text {
    const TYPE: &'static v1::TypeInfo = &TEXT;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.string(&self.0);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self(input.string().field("text")?))
    }
}

impl v1::Message for Data {
    const TYPE: &'static v1::TypeInfo = &DATA;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.bytes(&self.0);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self(input.bytes().field("data")?))
    }
}

impl v1::Message for Amount {
    const TYPE: &'static v1::TypeInfo = &AMOUNT;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.uint64(self.bytes);
        out.uint64(self.count);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self {
            bytes: input.uint64().field("bytes")?,
            count: input.uint64().field("count")?,
        })
    }
}

const fn method(name: &'static str, pattern: v1::Pattern) -> v1::MethodInfo {
    v1::MethodInfo {
        name,
        pattern,
        idempotent: true,
        timeout: None,
        requires: None,
    }
}

/// The service.
pub static BENCH: v1::ServiceInfo = v1::ServiceInfo {
    name: "bench.Echo",
    version: 1,
    contract_id: v1::ContractId([1; 32]),
    scope: v1::Scope::Shared,
    modes: &[v1::Mode::Xlang],
    requires: None,
    methods: &[
        method("echo", v1::Pattern::Unary),
        method("down", v1::Pattern::ServerStream),
        method("up", v1::Pattern::ClientStream),
        method("both", v1::Pattern::BidiStream),
    ],
    definitions: &v1::Definitions::NONE,
};

/// Answers its calls.
#[derive(Debug)]
pub struct BenchServer;

impl v1::Service for BenchServer {
    fn info(&self) -> &'static v1::ServiceInfo {
        &BENCH
    }

    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        match method {
            ECHO => call.unary(
                |reply: Text| reply,
                async move |request: Text, _context| Ok(request),
            ),
            SERVER_STREAM => call.server_stream(async move |asked: Amount, _context, out| {
                let messages = Messages::new(usize::try_from(asked.bytes).map_err(broken)?);
                let items = (0..asked.count).map(move |number| Ok(Data(messages.message(number))));
                out.forward(stream::iter(items), |item| item).await
            }),
            CLIENT_STREAM => call.client_stream(
                |item: Data| item,
                |reply: Amount| reply,
                async move |mut requests: v1::Streaming<Data>, _context| {
                    let mut seen = Amount { count: 0, bytes: 0 };
                    let mut messages = None;
                    while let Some(Data(message)) = requests.message().await? {
                        messages
                            .get_or_insert_with(|| Messages::new(message.len()))
                            .check(seen.count, &message)
                            .map_err(broken)?;
                        seen.count += 1;
                        seen.bytes += message.len() as u64;
                    }
                    Ok(seen)
                },
            ),
            BIDI => call.bidi_stream(
                |item: Data| item,
                async move |requests, _context, out| out.forward(requests, |item: Data| item).await,
            ),
            _ => call.unknown_method(),
        }
    }
}

fn broken(error: impl fmt::Display) -> v1::Status {
    v1::Status::internal(error.to_string())
}
