//! A request and a recursive reply.
//! Written as generated code is.

use aster_runtime::codegen::v1::{self, At as _};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub struct HelloRequest {
    pub name: String,
    pub mood: Mood,
    pub note: Option<String>,
}

static HELLO_REQUEST: v1::TypeInfo = v1::TypeInfo::new(
    "hello.HelloRequest",
    &[
        0x16, 0xa0, 0x10, 0x99, 0xbb, 0x19, 0x55, 0x60, 0xe3, 0x11, 0x9c, 0x8b, 0x5b, 0x80, 0x25, 0x74, 0xe4,
        0x5a, 0xdd, 0xd8, 0x92, 0x14, 0x24, 0xa6, 0xc4, 0x19, 0xc8, 0x15, 0xce, 0x15,
    ],
);

impl v1::Message for HelloRequest {
    const TYPE: &'static v1::TypeInfo = &HELLO_REQUEST;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.enumeration(&self.mood);
        out.string(&self.name);
        out.optional(self.note.as_ref(), |out, value| out.string(value));
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let mood = input.enumeration().field("mood")?;
        let name = input.string().field("name")?;
        let note = input.optional(v1::Decoder::string).field("note")?;
        Ok(Self { name, mood, note })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mood {
    Friendly,
    Curt,
}

static MOOD: v1::TypeInfo = v1::TypeInfo::new(
    "hello.Mood",
    &[
        0x0a, 0xe0, 0xa8, 0x7a, 0xd3, 0x94, 0x6f, 0x61, 0x01, 0x11, 0x9c, 0x8b, 0x5b, 0x80, 0x0f, 0x31, 0xce,
        0x18,
    ],
);

impl v1::Enumeration for Mood {
    const TYPE: &'static v1::TypeInfo = &MOOD;

    fn number(&self) -> u32 {
        match self {
            Self::Friendly => 0,
            Self::Curt => 3,
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Friendly,
            3 => Self::Curt,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Reply(Box<HelloReply>),
    Code(i32),
    Mood(Mood),
}

impl v1::Union for Outcome {
    const NAME: &'static str = "hello.Outcome";

    fn write_case(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        match self {
            Self::Reply(value) => out.message_case(1, value).field("reply"),
            Self::Code(value) => {
                out.scalar_case(2, v1::WireType::Int32);
                out.int32(*value);
                Ok(())
            }
            Self::Mood(value) => {
                out.enum_case(5, value);
                Ok(())
            }
        }
    }

    fn read_case(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        match input.case()? {
            1 => input.message().field("reply").map(Self::Reply),
            2 => input
                .scalar_case(v1::WireType::Int32)
                .and_then(|()| input.int32())
                .field("code")
                .map(Self::Code),
            5 => input.enum_case().field("mood").map(Self::Mood),
            number => Err(v1::unknown_case(Self::NAME, number)),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct HelloReply {
    pub text: String,
    pub at: v1::Timestamp,
    pub next: Option<Box<HelloReply>>,
    pub outcome: Option<Outcome>,
    pub all: Vec<HelloReply>,
    pub tags: Vec<Option<String>>,
    pub seen: BTreeMap<String, Vec<i32>>,
    pub kinds: BTreeSet<Mood>,
    pub replies: BTreeMap<String, Option<HelloReply>>,
    pub nothing: Vec<Nothing>,
}

static HELLO_REPLY: v1::TypeInfo = v1::TypeInfo::new(
    "hello.HelloReply",
    &[
        0x2c, 0xd0, 0x2b, 0x7a, 0xf2, 0x55, 0x90, 0x65, 0xea, 0x11, 0x9c, 0x8b, 0x5b, 0x80, 0x22, 0x42, 0x21,
        0x65, 0x9d, 0x58, 0x87, 0x96, 0xc0, 0xc4, 0x16, 0x78, 0xc8, 0x26, 0xcc, 0x17, 0x64, 0xd2, 0x1e, 0xd4,
        0x16, 0x78, 0xda, 0x21, 0xdc, 0x18, 0x54, 0x7a, 0xe0, 0x18, 0x54, 0x58, 0x14, 0xe4, 0x16, 0x56, 0xe8,
        0x15,
    ],
);

impl v1::Message for HelloReply {
    const TYPE: &'static v1::TypeInfo = &HELLO_REPLY;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.messages(&self.all).field("all")?;
        out.timestamp(self.at).field("at")?;
        out.set(&self.kinds, v1::Encoder::enumeration);
        out.optional(self.next.as_ref(), v1::Encoder::message)
            .field("next")?;
        out.messages(&self.nothing).field("nothing")?;
        out.optional(self.outcome.as_ref(), v1::Encoder::union)
            .field("outcome")?;
        out.optional_message_map(&self.replies, |out, key| out.string(key))
            .field("replies")?;
        out.map(
            &self.seen,
            |out, key| out.string(key),
            |out, value| out.list(value, |out, item| out.int32(*item)),
        );
        out.optional_list(&self.tags, |out, item| out.string(item));
        out.string(&self.text);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let all = input.messages().field("all")?;
        let at = input.timestamp().field("at")?;
        let kinds = input.set(v1::Decoder::enumeration).field("kinds")?;
        let next = input.optional(v1::Decoder::message).field("next")?;
        let nothing = input.messages().field("nothing")?;
        let outcome = input.optional(v1::Decoder::union).field("outcome")?;
        let replies = input.optional_message_map(v1::Decoder::string).field("replies")?;
        let seen = input
            .map(v1::Decoder::string, |input| input.list(v1::Decoder::int32))
            .field("seen")?;
        let tags = input.optional_list(v1::Decoder::string).field("tags")?;
        let text = input.string().field("text")?;
        Ok(Self {
            text,
            at,
            next,
            outcome,
            all,
            tags,
            seen,
            kinds,
            replies,
            nothing,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Nothing {}

static NOTHING: v1::TypeInfo = v1::TypeInfo::new(
    "hello.Nothing",
    &[
        0x0c, 0x50, 0x94, 0x54, 0x84, 0xee, 0xee, 0x6e, 0xe0, 0x11, 0x9c, 0x8b, 0x5b, 0x80, 0x17, 0x35, 0xd3,
        0x3a, 0x1a, 0x60,
    ],
);

impl v1::Message for Nothing {
    const TYPE: &'static v1::TypeInfo = &NOTHING;

    fn write_fields(&self, _: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        Ok(())
    }

    fn read_fields(_: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self {})
    }
}
