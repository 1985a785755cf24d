//! The messages of `oracle.rs`, as the Fory derive wants them.

use crate::oracle::messages as ours;
use aster_runtime::codegen::v1;
use fory::{Fory, ForyEnum, ForyStruct, ForyUnion, UnknownCase};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn fory() -> Fory {
    let mut fory = Fory::builder()
        .xlang(true)
        .compatible(true)
        .track_ref(false)
        .build();
    fory.register_by_name::<Mood>("corners.oracle.Mood").unwrap();
    fory.register_by_name::<Inner>("corners.oracle.Inner").unwrap();
    fory.register_by_name::<Nothing>("corners.oracle.Nothing")
        .unwrap();
    fory.register_by_name::<Branch>("corners.oracle.Branch").unwrap();
    fory.register_union_by_name::<Shape>("corners.oracle.Shape")
        .unwrap();
    fory.register_by_name::<Plain>("corners.oracle.Plain").unwrap();
    fory
}

fn timestamp(value: v1::Timestamp) -> fory::Timestamp {
    let nanos = value.as_nanosecond();
    let seconds = nanos.div_euclid(1_000_000_000) as i64;
    fory::Timestamp::new(seconds, nanos.rem_euclid(1_000_000_000) as u32).unwrap()
}

fn duration(value: v1::SignedDuration) -> fory::Duration {
    fory::Duration::new(value.as_secs(), value.subsec_nanos()).unwrap()
}

fn date(value: v1::Date) -> fory::Date {
    let epoch = v1::Date::new(1970, 1, 1).unwrap();
    fory::Date::from_epoch_days(epoch.until(value).unwrap().get_days().into())
}

fn decimal(value: v1::BigDecimal) -> fory::Decimal {
    let (unscaled, scale) = value.into_bigint_and_scale();
    fory::Decimal::new(unscaled, scale as i32)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ForyEnum)]
pub(super) enum Mood {
    #[fory(default)]
    Calm,

    Loud,

    Wild,
}

impl From<ours::Mood> for Mood {
    fn from(value: ours::Mood) -> Self {
        match value {
            ours::Mood::Calm => Self::Calm,
            ours::Mood::Loud => Self::Loud,
            ours::Mood::Wild => Self::Wild,
        }
    }
}

#[derive(Clone, Debug, ForyStruct)]
pub(super) struct Inner {
    #[fory(id = 1)]
    a: i32,
    #[fory(id = 2)]
    s: String,
}

impl From<ours::Inner> for Inner {
    fn from(value: ours::Inner) -> Self {
        Self {
            a: value.a,
            s: value.s,
        }
    }
}

#[derive(Clone, Debug, ForyStruct)]
pub(super) struct Nothing {}

impl From<ours::Nothing> for Nothing {
    fn from(_: ours::Nothing) -> Self {
        Self {}
    }
}

#[derive(Clone, Debug, ForyStruct)]
pub(super) struct Branch {
    #[fory(id = 1)]
    label: String,
    #[fory(id = 2)]
    size: u32,
    #[fory(id = 3)]
    twigs: Vec<Branch>,
}

impl From<ours::Branch> for Branch {
    fn from(value: ours::Branch) -> Self {
        Self {
            label: value.label,
            size: value.size,
            twigs: value.twigs.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Clone, Debug, ForyUnion)]
pub(super) enum Shape {
    #[fory(unknown)]
    Unknown(UnknownCase),
    #[fory(id = 1)]
    #[fory(default)]
    Inner(Inner),
    #[fory(id = 2)]
    Number(i32),
    #[fory(id = 3)]
    Text(String),
    #[fory(id = 4)]
    Long(u64),
    #[fory(id = 5)]
    Ratio(f64),
    #[fory(id = 6)]
    Mood(Mood),
    #[fory(id = 7)]
    At(fory::Timestamp),
    #[fory(id = 200)]
    Yes(bool),
}

impl From<ours::Shape> for Shape {
    fn from(value: ours::Shape) -> Self {
        match value {
            ours::Shape::Inner(value) => Self::Inner(value.into()),
            ours::Shape::Number(value) => Self::Number(value),
            ours::Shape::Text(value) => Self::Text(value),
            ours::Shape::Long(value) => Self::Long(value),
            ours::Shape::Ratio(value) => Self::Ratio(value),
            ours::Shape::Mood(value) => Self::Mood(value.into()),
            ours::Shape::At(value) => Self::At(timestamp(value)),
            ours::Shape::Yes(value) => Self::Yes(value),
        }
    }
}

#[derive(Clone, Debug, ForyStruct)]
pub(super) struct Plain {
    #[fory(id = 1)]
    a_bool: bool,
    #[fory(id = 16)]
    a_int8: i8,
    #[fory(id = 13)]
    a_int16: i16,
    #[fory(id = 14)]
    a_int32: i32,
    #[fory(id = 15)]
    a_int64: i64,
    #[fory(id = 6, encoding = fixed)]
    a_fixed_int32: i32,
    #[fory(id = 7, encoding = fixed)]
    a_fixed_int64: i64,
    #[fory(id = 25)]
    a_uint8: u8,
    #[fory(id = 22)]
    a_uint16: u16,
    #[fory(id = 23)]
    a_uint32: u32,
    #[fory(id = 24)]
    a_uint64: u64,
    #[fory(id = 8, encoding = fixed)]
    a_fixed_uint32: u32,
    #[fory(id = 9, encoding = fixed)]
    a_fixed_uint64: u64,
    #[fory(id = 10)]
    a_float32: f32,
    #[fory(id = 11)]
    a_float64: f64,
    #[fory(id = 20)]
    a_string: String,
    #[fory(id = 2, bytes)]
    a_bytes: Vec<u8>,
    #[fory(id = 21)]
    a_timestamp: fory::Timestamp,
    #[fory(id = 5)]
    a_duration: fory::Duration,
    #[fory(id = 3)]
    a_date: fory::Date,
    #[fory(id = 4)]
    a_decimal: fory::Decimal,
    #[fory(id = 17)]
    a_mood: Mood,
    #[fory(id = 12)]
    a_inner: Inner,
    #[fory(id = 18)]
    a_nothing: Nothing,
    #[fory(id = 19)]
    a_shape: Shape,
    #[fory(id = 56)]
    o_bool: Option<bool>,
    #[fory(id = 66)]
    o_int8: Option<i8>,
    #[fory(id = 63)]
    o_int16: Option<i16>,
    #[fory(id = 64)]
    o_int32: Option<i32>,
    #[fory(id = 65)]
    o_int64: Option<i64>,
    #[fory(id = 74)]
    o_uint8: Option<u8>,
    #[fory(id = 71)]
    o_uint16: Option<u16>,
    #[fory(id = 72)]
    o_uint32: Option<u32>,
    #[fory(id = 73)]
    o_uint64: Option<u64>,
    #[fory(id = 60)]
    o_float32: Option<f32>,
    #[fory(id = 61)]
    o_float64: Option<f64>,
    #[fory(id = 69)]
    o_string: Option<String>,
    #[fory(id = 70)]
    o_timestamp: Option<fory::Timestamp>,
    #[fory(id = 59)]
    o_duration: Option<fory::Duration>,
    #[fory(id = 57)]
    o_date: Option<fory::Date>,
    #[fory(id = 58)]
    o_decimal: Option<fory::Decimal>,
    #[fory(id = 68)]
    o_mood: Option<Mood>,
    #[fory(id = 62)]
    o_inner: Option<Inner>,
    #[fory(id = 67)]
    o_list: Option<Vec<String>>,
    #[fory(id = 26)]
    l_bool: Vec<bool>,
    #[fory(id = 30)]
    l_int32: Vec<i32>,
    #[fory(id = 31)]
    l_int64: Vec<i64>,
    #[fory(id = 28)]
    l_float64: Vec<f64>,
    #[fory(id = 39)]
    l_string: Vec<String>,
    #[fory(id = 35)]
    l_mood: Vec<Mood>,
    #[fory(id = 29)]
    l_inner: Vec<Inner>,
    #[fory(id = 36)]
    l_nothing: Vec<Nothing>,
    #[fory(id = 38)]
    l_shape: Vec<Shape>,
    #[fory(id = 40)]
    l_timestamp: Vec<fory::Timestamp>,
    #[fory(id = 27)]
    l_decimal: Vec<fory::Decimal>,
    #[fory(id = 43)]
    lo_string: Vec<Option<String>>,
    #[fory(id = 41)]
    lo_inner: Vec<Option<Inner>>,
    #[fory(id = 42)]
    lo_list: Vec<Option<Vec<i64>>>,
    #[fory(id = 32)]
    l_list: Vec<Vec<i32>>,
    #[fory(id = 33)]
    l_list_inner: Vec<Vec<Inner>>,
    #[fory(id = 37)]
    l_set: Vec<BTreeSet<String>>,
    #[fory(id = 34)]
    l_map: Vec<BTreeMap<String, String>>,
    #[fory(id = 75)]
    s_bool: BTreeSet<bool>,
    #[fory(id = 76)]
    s_int32: BTreeSet<i32>,
    #[fory(id = 77)]
    s_string: BTreeSet<String>,
    #[fory(id = 52)]
    m_string: BTreeMap<String, String>,
    #[fory(id = 44)]
    m_bool: BTreeMap<bool, f64>,
    #[fory(id = 47)]
    m_inner: BTreeMap<String, Inner>,
    #[fory(id = 51)]
    m_shape: BTreeMap<String, Shape>,
    #[fory(id = 48)]
    m_list: BTreeMap<String, Vec<String>>,
    #[fory(id = 49)]
    m_list_inner: BTreeMap<String, Vec<Inner>>,
    #[fory(id = 50)]
    m_map: BTreeMap<String, BTreeMap<i32, String>>,
    #[fory(id = 54)]
    mo_int32: BTreeMap<i32, Option<i32>>,
    #[fory(id = 53)]
    mo_inner: BTreeMap<String, Option<Inner>>,
    #[fory(id = 55)]
    mo_list: BTreeMap<String, Option<Vec<String>>>,
    #[fory(id = 46)]
    m_duration: BTreeMap<String, fory::Duration>,
    #[fory(id = 45)]
    m_date: BTreeMap<String, fory::Date>,
}

impl From<ours::Plain> for Plain {
    fn from(value: ours::Plain) -> Self {
        Self {
            a_bool: value.a_bool,
            a_int8: value.a_int8,
            a_int16: value.a_int16,
            a_int32: value.a_int32,
            a_int64: value.a_int64,
            a_fixed_int32: value.a_fixed_int32,
            a_fixed_int64: value.a_fixed_int64,
            a_uint8: value.a_uint8,
            a_uint16: value.a_uint16,
            a_uint32: value.a_uint32,
            a_uint64: value.a_uint64,
            a_fixed_uint32: value.a_fixed_uint32,
            a_fixed_uint64: value.a_fixed_uint64,
            a_float32: value.a_float32,
            a_float64: value.a_float64,
            a_string: value.a_string,
            a_bytes: value.a_bytes,
            a_timestamp: timestamp(value.a_timestamp),
            a_duration: duration(value.a_duration),
            a_date: date(value.a_date),
            a_decimal: decimal(value.a_decimal),
            a_mood: value.a_mood.into(),
            a_inner: value.a_inner.into(),
            a_nothing: value.a_nothing.into(),
            a_shape: value.a_shape.into(),
            o_bool: value.o_bool,
            o_int8: value.o_int8,
            o_int16: value.o_int16,
            o_int32: value.o_int32,
            o_int64: value.o_int64,
            o_uint8: value.o_uint8,
            o_uint16: value.o_uint16,
            o_uint32: value.o_uint32,
            o_uint64: value.o_uint64,
            o_float32: value.o_float32,
            o_float64: value.o_float64,
            o_string: value.o_string,
            o_timestamp: value.o_timestamp.map(timestamp),
            o_duration: value.o_duration.map(duration),
            o_date: value.o_date.map(date),
            o_decimal: value.o_decimal.map(decimal),
            o_mood: value.o_mood.map(Into::into),
            o_inner: value.o_inner.map(Into::into),
            o_list: value.o_list,
            l_bool: value.l_bool,
            l_int32: value.l_int32,
            l_int64: value.l_int64,
            l_float64: value.l_float64,
            l_string: value.l_string,
            l_mood: value.l_mood.into_iter().map(Into::into).collect(),
            l_inner: value.l_inner.into_iter().map(Into::into).collect(),
            l_nothing: value.l_nothing.into_iter().map(Into::into).collect(),
            l_shape: value.l_shape.into_iter().map(Into::into).collect(),
            l_timestamp: value.l_timestamp.into_iter().map(timestamp).collect(),
            l_decimal: value.l_decimal.into_iter().map(decimal).collect(),
            lo_string: value.lo_string,
            lo_inner: value
                .lo_inner
                .into_iter()
                .map(|item| item.map(Into::into))
                .collect(),
            lo_list: value.lo_list,
            l_list: value.l_list,
            l_list_inner: value
                .l_list_inner
                .into_iter()
                .map(|item| item.into_iter().map(Into::into).collect())
                .collect(),
            l_set: value.l_set,
            l_map: value.l_map,
            s_bool: value.s_bool,
            s_int32: value.s_int32,
            s_string: value.s_string,
            m_string: value.m_string,
            m_bool: value.m_bool,
            m_inner: value
                .m_inner
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect(),
            m_shape: value
                .m_shape
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect(),
            m_list: value.m_list,
            m_list_inner: value
                .m_list_inner
                .into_iter()
                .map(|(key, value)| (key, value.into_iter().map(Into::into).collect()))
                .collect(),
            m_map: value.m_map,
            mo_int32: value.mo_int32,
            mo_inner: value
                .mo_inner
                .into_iter()
                .map(|(key, value)| (key, value.map(Into::into)))
                .collect(),
            mo_list: value.mo_list,
            m_duration: value
                .m_duration
                .into_iter()
                .map(|(key, value)| (key, duration(value)))
                .collect(),
            m_date: value
                .m_date
                .into_iter()
                .map(|(key, value)| (key, date(value)))
                .collect(),
        }
    }
}
