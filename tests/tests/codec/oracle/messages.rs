//! What the Fory derive can express.
//! Written as generated code is.

use aster_runtime::codegen::v1::{self, At as _};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mood {
    Calm,
    Loud,
    Wild,
}

static MOOD: v1::TypeInfo = v1::TypeInfo::new(
    "corners.oracle.Mood",
    &[
        0x0f, 0x70, 0x0b, 0x0b, 0x6b, 0xe6, 0x4d, 0x34, 0x01, 0x25, 0x09, 0xd1, 0x69, 0x23, 0x2d, 0x3a, 0x20,
        0x12, 0xc8, 0x0f, 0x31, 0xce, 0x18,
    ],
);

impl v1::Enumeration for Mood {
    const TYPE: &'static v1::TypeInfo = &MOOD;

    fn number(&self) -> u32 {
        match self {
            Self::Calm => 0,
            Self::Loud => 1,
            Self::Wild => 2,
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Calm,
            1 => Self::Loud,
            2 => Self::Wild,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Inner {
    pub a: i32,
    pub s: String,
}

static INNER: v1::TypeInfo = v1::TypeInfo::new(
    "corners.oracle.Inner",
    &[
        0x14, 0x20, 0x29, 0xc7, 0xbf, 0xc8, 0x8c, 0x41, 0xe2, 0x25, 0x09, 0xd1, 0x69, 0x23, 0x2d, 0x3a, 0x20,
        0x12, 0xc8, 0x13, 0xa1, 0xad, 0x24, 0x40, 0xc4, 0x05, 0xc8, 0x15,
    ],
);

impl v1::Message for Inner {
    const TYPE: &'static v1::TypeInfo = &INNER;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.int32(self.a);
        out.string(&self.s);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let a = input.int32().field("a")?;
        let s = input.string().field("s")?;
        Ok(Self { a, s })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Nothing {}

static NOTHING: v1::TypeInfo = v1::TypeInfo::new(
    "corners.oracle.Nothing",
    &[
        0x11, 0x20, 0x90, 0xff, 0x56, 0x9c, 0x41, 0x04, 0xe0, 0x25, 0x09, 0xd1, 0x69, 0x23, 0x2d, 0x3a, 0x20,
        0x12, 0xc8, 0x17, 0x35, 0xd3, 0x3a, 0x1a, 0x60,
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

#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub label: String,
    pub size: u32,
    pub twigs: Vec<Branch>,
}

static BRANCH: v1::TypeInfo = v1::TypeInfo::new(
    "corners.oracle.Branch",
    &[
        0x17, 0xe0, 0x5d, 0x03, 0xbc, 0x9d, 0xdf, 0x1a, 0xe3, 0x25, 0x09, 0xd1, 0x69, 0x23, 0x2d, 0x3a, 0x20,
        0x12, 0xc8, 0x13, 0x06, 0x20, 0x68, 0x8e, 0xc8, 0x0c, 0xc4, 0x15, 0xcc, 0x16, 0x78,
    ],
);

impl v1::Message for Branch {
    const TYPE: &'static v1::TypeInfo = &BRANCH;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.uint32(self.size);
        out.string(&self.label);
        out.messages(&self.twigs).field("twigs")?;
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let size = input.uint32().field("size")?;
        let label = input.string().field("label")?;
        let twigs = input.messages().field("twigs")?;
        Ok(Self { label, size, twigs })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Inner(Inner),
    Number(i32),
    Text(String),
    Long(u64),
    Ratio(f64),
    Mood(Mood),
    At(v1::Timestamp),
    Yes(bool),
}

impl v1::Union for Shape {
    const NAME: &'static str = "corners.oracle.Shape";

    fn write_case(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        match self {
            Self::Inner(value) => out.message_case(1, value).field("inner"),
            Self::Number(value) => {
                out.scalar_case(2, v1::WireType::Int32);
                out.int32(*value);
                Ok(())
            }
            Self::Text(value) => {
                out.scalar_case(3, v1::WireType::String);
                out.string(value);
                Ok(())
            }
            Self::Long(value) => {
                out.scalar_case(4, v1::WireType::Uint64);
                out.uint64(*value);
                Ok(())
            }
            Self::Ratio(value) => {
                out.scalar_case(5, v1::WireType::Float64);
                out.float64(*value);
                Ok(())
            }
            Self::Mood(value) => {
                out.enum_case(6, value);
                Ok(())
            }
            Self::At(value) => {
                out.scalar_case(7, v1::WireType::Timestamp);
                out.timestamp(*value).field("at")
            }
            Self::Yes(value) => {
                out.scalar_case(200, v1::WireType::Bool);
                out.bool(*value);
                Ok(())
            }
        }
    }

    fn read_case(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        match input.case()? {
            1 => input.message().field("inner").map(Self::Inner),
            2 => input
                .scalar_case(v1::WireType::Int32)
                .and_then(|()| input.int32())
                .field("number")
                .map(Self::Number),
            3 => input
                .scalar_case(v1::WireType::String)
                .and_then(|()| input.string())
                .field("text")
                .map(Self::Text),
            4 => input
                .scalar_case(v1::WireType::Uint64)
                .and_then(|()| input.uint64())
                .field("long")
                .map(Self::Long),
            5 => input
                .scalar_case(v1::WireType::Float64)
                .and_then(|()| input.float64())
                .field("ratio")
                .map(Self::Ratio),
            6 => input.enum_case().field("mood").map(Self::Mood),
            7 => input
                .scalar_case(v1::WireType::Timestamp)
                .and_then(|()| input.timestamp())
                .field("at")
                .map(Self::At),
            200 => input
                .scalar_case(v1::WireType::Bool)
                .and_then(|()| input.bool())
                .field("yes")
                .map(Self::Yes),
            number => Err(v1::unknown_case(Self::NAME, number)),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    pub a_bool: bool,
    pub a_int8: i8,
    pub a_int16: i16,
    pub a_int32: i32,
    pub a_int64: i64,
    pub a_fixed_int32: i32,
    pub a_fixed_int64: i64,
    pub a_uint8: u8,
    pub a_uint16: u16,
    pub a_uint32: u32,
    pub a_uint64: u64,
    pub a_fixed_uint32: u32,
    pub a_fixed_uint64: u64,
    pub a_float32: f32,
    pub a_float64: f64,
    pub a_string: String,
    pub a_bytes: Vec<u8>,
    pub a_timestamp: v1::Timestamp,
    pub a_duration: v1::SignedDuration,
    pub a_date: v1::Date,
    pub a_decimal: v1::BigDecimal,
    pub a_mood: Mood,
    pub a_inner: Inner,
    pub a_nothing: Nothing,
    pub a_shape: Shape,
    pub o_bool: Option<bool>,
    pub o_int8: Option<i8>,
    pub o_int16: Option<i16>,
    pub o_int32: Option<i32>,
    pub o_int64: Option<i64>,
    pub o_uint8: Option<u8>,
    pub o_uint16: Option<u16>,
    pub o_uint32: Option<u32>,
    pub o_uint64: Option<u64>,
    pub o_float32: Option<f32>,
    pub o_float64: Option<f64>,
    pub o_string: Option<String>,
    pub o_timestamp: Option<v1::Timestamp>,
    pub o_duration: Option<v1::SignedDuration>,
    pub o_date: Option<v1::Date>,
    pub o_decimal: Option<v1::BigDecimal>,
    pub o_mood: Option<Mood>,
    pub o_inner: Option<Inner>,
    pub o_list: Option<Vec<String>>,
    pub l_bool: Vec<bool>,
    pub l_int32: Vec<i32>,
    pub l_int64: Vec<i64>,
    pub l_float64: Vec<f64>,
    pub l_string: Vec<String>,
    pub l_mood: Vec<Mood>,
    pub l_inner: Vec<Inner>,
    pub l_nothing: Vec<Nothing>,
    pub l_shape: Vec<Shape>,
    pub l_timestamp: Vec<v1::Timestamp>,
    pub l_decimal: Vec<v1::BigDecimal>,
    pub lo_string: Vec<Option<String>>,
    pub lo_inner: Vec<Option<Inner>>,
    pub lo_list: Vec<Option<Vec<i64>>>,
    pub l_list: Vec<Vec<i32>>,
    pub l_list_inner: Vec<Vec<Inner>>,
    pub l_set: Vec<BTreeSet<String>>,
    pub l_map: Vec<BTreeMap<String, String>>,
    pub s_bool: BTreeSet<bool>,
    pub s_int32: BTreeSet<i32>,
    pub s_string: BTreeSet<String>,
    pub m_string: BTreeMap<String, String>,
    pub m_bool: BTreeMap<bool, f64>,
    pub m_inner: BTreeMap<String, Inner>,
    pub m_shape: BTreeMap<String, Shape>,
    pub m_list: BTreeMap<String, Vec<String>>,
    pub m_list_inner: BTreeMap<String, Vec<Inner>>,
    pub m_map: BTreeMap<String, BTreeMap<i32, String>>,
    pub mo_int32: BTreeMap<i32, Option<i32>>,
    pub mo_inner: BTreeMap<String, Option<Inner>>,
    pub mo_list: BTreeMap<String, Option<Vec<String>>>,
    pub m_duration: BTreeMap<String, v1::SignedDuration>,
    pub m_date: BTreeMap<String, v1::Date>,
}

static PLAIN: v1::TypeInfo = v1::TypeInfo::new(
    "corners.oracle.Plain",
    &[
        0xff, 0x40, 0x62, 0xd4, 0x67, 0x40, 0xe3, 0x18, 0x2a, 0xff, 0x2e, 0x25, 0x09, 0xd1, 0x69, 0x23, 0x2d,
        0x3a, 0x20, 0x12, 0xc8, 0x13, 0xbd, 0x60, 0x43, 0x40, 0xdc, 0x06, 0xe4, 0x0d, 0xec, 0x14, 0xd8, 0x04,
        0xe0, 0x0b, 0xe8, 0x13, 0xf4, 0x03, 0xfc, 0x07, 0x0a, 0xc4, 0x01, 0xfc, 0x01, 0x02, 0xfc, 0x0a, 0x09,
        0xfc, 0x00, 0x07, 0xfc, 0x09, 0x0e, 0xf8, 0x05, 0xfc, 0x08, 0x0c, 0xfe, 0x2e, 0x14, 0xfe, 0x2d, 0x13,
        0xfe, 0x30, 0x03, 0xfe, 0x38, 0x0a, 0xfe, 0x29, 0x01, 0xfe, 0x33, 0x02, 0xfe, 0x3b, 0x09, 0xfe, 0x32,
        0x07, 0xfe, 0x3a, 0x0e, 0xfe, 0x31, 0x05, 0xfe, 0x39, 0x0c, 0xc8, 0x29, 0xcc, 0x27, 0xd0, 0x28, 0xd4,
        0x25, 0xf0, 0x1e, 0xfc, 0x02, 0x19, 0xfc, 0x03, 0x1e, 0xfc, 0x04, 0x21, 0xfc, 0x05, 0x15, 0xfc, 0x06,
        0x26, 0xfc, 0x0b, 0x16, 0x04, 0xfc, 0x0c, 0x16, 0xa0, 0x01, 0xfc, 0x0d, 0x16, 0x50, 0xfc, 0x0e, 0x16,
        0x78, 0xfc, 0x0f, 0x16, 0x14, 0xfc, 0x10, 0x16, 0x1c, 0xfc, 0x11, 0x16, 0x58, 0x14, 0xfc, 0x12, 0x16,
        0x58, 0x78, 0xfc, 0x13, 0x16, 0x60, 0x54, 0x54, 0xfc, 0x14, 0x16, 0x64, 0xfc, 0x15, 0x16, 0x78, 0xfc,
        0x16, 0x16, 0x5c, 0x54, 0xfc, 0x17, 0x16, 0x84, 0x01, 0xfc, 0x18, 0x16, 0x54, 0xfc, 0x19, 0x16, 0x98,
        0x01, 0xfc, 0x1a, 0x16, 0x7a, 0xfc, 0x1b, 0x16, 0x5a, 0x1c, 0xfc, 0x1c, 0x16, 0x56, 0xfc, 0x1d, 0x18,
        0x04, 0x50, 0xfc, 0x1e, 0x18, 0x54, 0x9c, 0x01, 0xfc, 0x1f, 0x18, 0x54, 0x94, 0x01, 0xfc, 0x20, 0x18,
        0x54, 0x78, 0xfc, 0x21, 0x18, 0x54, 0x58, 0x54, 0xfc, 0x22, 0x18, 0x54, 0x58, 0x78, 0xfc, 0x23, 0x18,
        0x54, 0x60, 0x14, 0x54, 0xfc, 0x24, 0x18, 0x54, 0x84, 0x01, 0xfc, 0x25, 0x18, 0x54, 0x54, 0xfc, 0x26,
        0x18, 0x54, 0x7a, 0xfc, 0x27, 0x18, 0x14, 0x16, 0xfc, 0x28, 0x18, 0x54, 0x5a, 0x54, 0xfe, 0x2a, 0x27,
        0xfe, 0x2b, 0x28, 0xfe, 0x2c, 0x25, 0xfe, 0x2f, 0x1e, 0xfe, 0x34, 0x16, 0x54, 0xfe, 0x35, 0x19, 0xfe,
        0x36, 0x15, 0xfe, 0x37, 0x26, 0xfc, 0x3c, 0x17, 0x04, 0xfc, 0x3d, 0x17, 0x14, 0xfc, 0x3e, 0x17, 0x54,
    ],
);

impl v1::Message for Plain {
    const TYPE: &'static v1::TypeInfo = &PLAIN;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.fixed_int64(self.a_fixed_int64);
        out.fixed_uint64(self.a_fixed_uint64);
        out.float64(self.a_float64);
        out.fixed_int32(self.a_fixed_int32);
        out.fixed_uint32(self.a_fixed_uint32);
        out.float32(self.a_float32);
        out.int16(self.a_int16);
        out.uint16(self.a_uint16);
        out.bool(self.a_bool);
        out.int8(self.a_int8);
        out.uint8(self.a_uint8);
        out.int64(self.a_int64);
        out.uint64(self.a_uint64);
        out.int32(self.a_int32);
        out.uint32(self.a_uint32);
        out.optional(self.o_float64.as_ref(), |out, value| out.float64(*value));
        out.optional(self.o_float32.as_ref(), |out, value| out.float32(*value));
        out.optional(self.o_int16.as_ref(), |out, value| out.int16(*value));
        out.optional(self.o_uint16.as_ref(), |out, value| out.uint16(*value));
        out.optional(self.o_bool.as_ref(), |out, value| out.bool(*value));
        out.optional(self.o_int8.as_ref(), |out, value| out.int8(*value));
        out.optional(self.o_uint8.as_ref(), |out, value| out.uint8(*value));
        out.optional(self.o_int64.as_ref(), |out, value| out.int64(*value));
        out.optional(self.o_uint64.as_ref(), |out, value| out.uint64(*value));
        out.optional(self.o_int32.as_ref(), |out, value| out.int32(*value));
        out.optional(self.o_uint32.as_ref(), |out, value| out.uint32(*value));
        out.bytes(&self.a_bytes);
        out.date(self.a_date).field("a_date")?;
        out.decimal(&self.a_decimal).field("a_decimal")?;
        out.duration(self.a_duration).field("a_duration")?;
        out.message(&self.a_inner).field("a_inner")?;
        out.enumeration(&self.a_mood);
        out.message(&self.a_nothing).field("a_nothing")?;
        out.union(&self.a_shape).field("a_shape")?;
        out.string(&self.a_string);
        out.timestamp(self.a_timestamp).field("a_timestamp")?;
        out.list(&self.l_bool, |out, item| out.bool(*item));
        out.list(&self.l_decimal, v1::Encoder::decimal)
            .field("l_decimal")?;
        out.list(&self.l_float64, |out, item| out.float64(*item));
        out.messages(&self.l_inner).field("l_inner")?;
        out.list(&self.l_int32, |out, item| out.int32(*item));
        out.list(&self.l_int64, |out, item| out.int64(*item));
        out.list(&self.l_list, |out, item| {
            out.list(item, |out, item| out.int32(*item))
        });
        out.list(&self.l_list_inner, |out, item| out.messages(item))
            .field("l_list_inner")?;
        out.list(&self.l_map, |out, item| {
            out.map(item, |out, key| out.string(key), |out, value| out.string(value))
        });
        out.list(&self.l_mood, v1::Encoder::enumeration);
        out.messages(&self.l_nothing).field("l_nothing")?;
        out.list(&self.l_set, |out, item| {
            out.set(item, |out, item| out.string(item))
        });
        out.list(&self.l_shape, v1::Encoder::union).field("l_shape")?;
        out.list(&self.l_string, |out, item| out.string(item));
        out.list(&self.l_timestamp, |out, item| out.timestamp(*item))
            .field("l_timestamp")?;
        out.optional_messages(&self.lo_inner).field("lo_inner")?;
        out.optional_list(&self.lo_list, |out, item| {
            out.list(item, |out, item| out.int64(*item))
        });
        out.optional_list(&self.lo_string, |out, item| out.string(item));
        out.map(
            &self.m_bool,
            |out, key| out.bool(*key),
            |out, value| out.float64(*value),
        );
        out.map(
            &self.m_date,
            |out, key| out.string(key),
            |out, value| out.date(*value),
        )
        .field("m_date")?;
        out.map(
            &self.m_duration,
            |out, key| out.string(key),
            |out, value| out.duration(*value),
        )
        .field("m_duration")?;
        out.message_map(&self.m_inner, |out, key| out.string(key))
            .field("m_inner")?;
        out.map(
            &self.m_list,
            |out, key| out.string(key),
            |out, value| out.list(value, |out, item| out.string(item)),
        );
        out.map(
            &self.m_list_inner,
            |out, key| out.string(key),
            |out, value| out.messages(value),
        )
        .field("m_list_inner")?;
        out.map(
            &self.m_map,
            |out, key| out.string(key),
            |out, value| out.map(value, |out, key| out.int32(*key), |out, value| out.string(value)),
        );
        out.map(&self.m_shape, |out, key| out.string(key), v1::Encoder::union)
            .field("m_shape")?;
        out.map(
            &self.m_string,
            |out, key| out.string(key),
            |out, value| out.string(value),
        );
        out.optional_message_map(&self.mo_inner, |out, key| out.string(key))
            .field("mo_inner")?;
        out.optional_map(
            &self.mo_int32,
            |out, key| out.int32(*key),
            |out, value| out.int32(*value),
        );
        out.optional_map(
            &self.mo_list,
            |out, key| out.string(key),
            |out, value| out.list(value, |out, item| out.string(item)),
        );
        out.optional(self.o_date.as_ref(), |out, value| out.date(*value))
            .field("o_date")?;
        out.optional(self.o_decimal.as_ref(), v1::Encoder::decimal)
            .field("o_decimal")?;
        out.optional(self.o_duration.as_ref(), |out, value| out.duration(*value))
            .field("o_duration")?;
        out.optional(self.o_inner.as_ref(), v1::Encoder::message)
            .field("o_inner")?;
        out.optional(self.o_list.as_ref(), |out, value| {
            out.list(value, |out, item| out.string(item))
        });
        out.optional(self.o_mood.as_ref(), v1::Encoder::enumeration);
        out.optional(self.o_string.as_ref(), |out, value| out.string(value));
        out.optional(self.o_timestamp.as_ref(), |out, value| out.timestamp(*value))
            .field("o_timestamp")?;
        out.set(&self.s_bool, |out, item| out.bool(*item));
        out.set(&self.s_int32, |out, item| out.int32(*item));
        out.set(&self.s_string, |out, item| out.string(item));
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let a_fixed_int64 = input.fixed_int64().field("a_fixed_int64")?;
        let a_fixed_uint64 = input.fixed_uint64().field("a_fixed_uint64")?;
        let a_float64 = input.float64().field("a_float64")?;
        let a_fixed_int32 = input.fixed_int32().field("a_fixed_int32")?;
        let a_fixed_uint32 = input.fixed_uint32().field("a_fixed_uint32")?;
        let a_float32 = input.float32().field("a_float32")?;
        let a_int16 = input.int16().field("a_int16")?;
        let a_uint16 = input.uint16().field("a_uint16")?;
        let a_bool = input.bool().field("a_bool")?;
        let a_int8 = input.int8().field("a_int8")?;
        let a_uint8 = input.uint8().field("a_uint8")?;
        let a_int64 = input.int64().field("a_int64")?;
        let a_uint64 = input.uint64().field("a_uint64")?;
        let a_int32 = input.int32().field("a_int32")?;
        let a_uint32 = input.uint32().field("a_uint32")?;
        let o_float64 = input.optional(v1::Decoder::float64).field("o_float64")?;
        let o_float32 = input.optional(v1::Decoder::float32).field("o_float32")?;
        let o_int16 = input.optional(v1::Decoder::int16).field("o_int16")?;
        let o_uint16 = input.optional(v1::Decoder::uint16).field("o_uint16")?;
        let o_bool = input.optional(v1::Decoder::bool).field("o_bool")?;
        let o_int8 = input.optional(v1::Decoder::int8).field("o_int8")?;
        let o_uint8 = input.optional(v1::Decoder::uint8).field("o_uint8")?;
        let o_int64 = input.optional(v1::Decoder::int64).field("o_int64")?;
        let o_uint64 = input.optional(v1::Decoder::uint64).field("o_uint64")?;
        let o_int32 = input.optional(v1::Decoder::int32).field("o_int32")?;
        let o_uint32 = input.optional(v1::Decoder::uint32).field("o_uint32")?;
        let a_bytes = input.bytes().field("a_bytes")?;
        let a_date = input.date().field("a_date")?;
        let a_decimal = input.decimal().field("a_decimal")?;
        let a_duration = input.duration().field("a_duration")?;
        let a_inner = input.message().field("a_inner")?;
        let a_mood = input.enumeration().field("a_mood")?;
        let a_nothing = input.message().field("a_nothing")?;
        let a_shape = input.union().field("a_shape")?;
        let a_string = input.string().field("a_string")?;
        let a_timestamp = input.timestamp().field("a_timestamp")?;
        let l_bool = input.list(v1::Decoder::bool).field("l_bool")?;
        let l_decimal = input.list(v1::Decoder::decimal).field("l_decimal")?;
        let l_float64 = input.list(v1::Decoder::float64).field("l_float64")?;
        let l_inner = input.messages().field("l_inner")?;
        let l_int32 = input.list(v1::Decoder::int32).field("l_int32")?;
        let l_int64 = input.list(v1::Decoder::int64).field("l_int64")?;
        let l_list = input
            .list(|input| input.list(v1::Decoder::int32))
            .field("l_list")?;
        let l_list_inner = input.list(v1::Decoder::messages).field("l_list_inner")?;
        let l_map = input
            .list(|input| input.map(v1::Decoder::string, v1::Decoder::string))
            .field("l_map")?;
        let l_mood = input.list(v1::Decoder::enumeration).field("l_mood")?;
        let l_nothing = input.messages().field("l_nothing")?;
        let l_set = input
            .list(|input| input.set(v1::Decoder::string))
            .field("l_set")?;
        let l_shape = input.list(v1::Decoder::union).field("l_shape")?;
        let l_string = input.list(v1::Decoder::string).field("l_string")?;
        let l_timestamp = input.list(v1::Decoder::timestamp).field("l_timestamp")?;
        let lo_inner = input.optional_messages().field("lo_inner")?;
        let lo_list = input
            .optional_list(|input| input.list(v1::Decoder::int64))
            .field("lo_list")?;
        let lo_string = input.optional_list(v1::Decoder::string).field("lo_string")?;
        let m_bool = input
            .map(v1::Decoder::bool, v1::Decoder::float64)
            .field("m_bool")?;
        let m_date = input
            .map(v1::Decoder::string, v1::Decoder::date)
            .field("m_date")?;
        let m_duration = input
            .map(v1::Decoder::string, v1::Decoder::duration)
            .field("m_duration")?;
        let m_inner = input.message_map(v1::Decoder::string).field("m_inner")?;
        let m_list = input
            .map(v1::Decoder::string, |input| input.list(v1::Decoder::string))
            .field("m_list")?;
        let m_list_inner = input
            .map(v1::Decoder::string, v1::Decoder::messages)
            .field("m_list_inner")?;
        let m_map = input
            .map(v1::Decoder::string, |input| {
                input.map(v1::Decoder::int32, v1::Decoder::string)
            })
            .field("m_map")?;
        let m_shape = input
            .map(v1::Decoder::string, v1::Decoder::union)
            .field("m_shape")?;
        let m_string = input
            .map(v1::Decoder::string, v1::Decoder::string)
            .field("m_string")?;
        let mo_inner = input
            .optional_message_map(v1::Decoder::string)
            .field("mo_inner")?;
        let mo_int32 = input
            .optional_map(v1::Decoder::int32, v1::Decoder::int32)
            .field("mo_int32")?;
        let mo_list = input
            .optional_map(v1::Decoder::string, |input| input.list(v1::Decoder::string))
            .field("mo_list")?;
        let o_date = input.optional(v1::Decoder::date).field("o_date")?;
        let o_decimal = input.optional(v1::Decoder::decimal).field("o_decimal")?;
        let o_duration = input.optional(v1::Decoder::duration).field("o_duration")?;
        let o_inner = input.optional(v1::Decoder::message).field("o_inner")?;
        let o_list = input
            .optional(|input| input.list(v1::Decoder::string))
            .field("o_list")?;
        let o_mood = input.optional(v1::Decoder::enumeration).field("o_mood")?;
        let o_string = input.optional(v1::Decoder::string).field("o_string")?;
        let o_timestamp = input.optional(v1::Decoder::timestamp).field("o_timestamp")?;
        let s_bool = input.set(v1::Decoder::bool).field("s_bool")?;
        let s_int32 = input.set(v1::Decoder::int32).field("s_int32")?;
        let s_string = input.set(v1::Decoder::string).field("s_string")?;
        Ok(Self {
            a_bool,
            a_int8,
            a_int16,
            a_int32,
            a_int64,
            a_fixed_int32,
            a_fixed_int64,
            a_uint8,
            a_uint16,
            a_uint32,
            a_uint64,
            a_fixed_uint32,
            a_fixed_uint64,
            a_float32,
            a_float64,
            a_string,
            a_bytes,
            a_timestamp,
            a_duration,
            a_date,
            a_decimal,
            a_mood,
            a_inner,
            a_nothing,
            a_shape,
            o_bool,
            o_int8,
            o_int16,
            o_int32,
            o_int64,
            o_uint8,
            o_uint16,
            o_uint32,
            o_uint64,
            o_float32,
            o_float64,
            o_string,
            o_timestamp,
            o_duration,
            o_date,
            o_decimal,
            o_mood,
            o_inner,
            o_list,
            l_bool,
            l_int32,
            l_int64,
            l_float64,
            l_string,
            l_mood,
            l_inner,
            l_nothing,
            l_shape,
            l_timestamp,
            l_decimal,
            lo_string,
            lo_inner,
            lo_list,
            l_list,
            l_list_inner,
            l_set,
            l_map,
            s_bool,
            s_int32,
            s_string,
            m_string,
            m_bool,
            m_inner,
            m_shape,
            m_list,
            m_list_inner,
            m_map,
            mo_int32,
            mo_inner,
            mo_list,
            m_duration,
            m_date,
        })
    }
}
