//! Random values, the same in every run.

use crate::kitchen::{Deep, Inner, Kitchen, Mood, Nothing, Shape};
use aster_runtime::codegen::v1::{BigDecimal, Date, SignedDuration, Timestamp};
use std::str::FromStr as _;

/// A xorshift generator that prefers the edges of every range.
pub(crate) struct Random {
    state: u64,
    /// Times are whole halves of seconds, which Python represents exactly; scales of decimals are small.
    for_python: bool,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            for_python: false,
        }
    }

    pub(crate) fn for_python(seed: u64) -> Self {
        Self {
            state: seed,
            for_python: true,
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Any magnitude is as likely as any other.
    pub(crate) fn number(&mut self) -> i64 {
        let value = self.next().cast_signed() >> self.below(64);
        match self.below(16) {
            0 => 0,
            1 => i64::MAX,
            2 => i64::MIN,
            3 => i32::MIN.into(),
            4 => i32::MAX.into(),
            _ => value,
        }
    }

    pub(crate) fn maybe<T>(&mut self, each: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| each(self))
    }

    pub(crate) fn many<T>(&mut self, mut each: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = [0, 1, 2, 5][self.below(4)];
        (0..count).map(|_| each(self)).collect()
    }

    pub(crate) fn text(&mut self) -> String {
        const PIECES: [&str; 7] = [
            "",
            "a",
            "sku-17",
            "é",
            "日本",
            "🦀",
            "a rather longer piece of plain text, over 32 bytes",
        ];
        let (first, second) = (self.below(PIECES.len()), self.below(PIECES.len()));
        format!("{}{}", PIECES[first], PIECES[second])
    }

    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        let count = self.below(40);
        (0..count).map(|_| self.next() as u8).collect()
    }

    pub(crate) fn timestamp(&mut self) -> Timestamp {
        if self.for_python {
            return Timestamp::from_millisecond((self.next() % 4_000_000_000) as i64 * 500).unwrap();
        }
        let seconds = match self.below(4) {
            0 => -62_135_596_800,
            1 => 253_402_207_199,
            _ => (self.next() % 4_000_000_000) as i64 - 2_000_000_000,
        };
        Timestamp::new(seconds, (self.next() % 1_000_000_000) as i32).unwrap()
    }

    pub(crate) fn duration(&mut self) -> SignedDuration {
        if self.for_python {
            return SignedDuration::from_millis(self.number() % 100_000_000 * 500);
        }
        match self.below(5) {
            0 => SignedDuration::from_secs(9_000_000_000_000),
            1 => SignedDuration::from_secs(-9_000_000_000_000),
            2 => SignedDuration::from_nanos(-1),
            _ => SignedDuration::from_nanos(self.next().cast_signed() >> self.below(60)),
        }
    }

    pub(crate) fn date(&mut self) -> Date {
        let edges = [
            Date::constant(1, 1, 1),
            Date::constant(9999, 12, 31),
            Date::constant(2024, 2, 29),
        ];
        edges[self.below(edges.len())]
    }

    pub(crate) fn decimal(&mut self) -> BigDecimal {
        match self.below(if self.for_python { 1 } else { 4 }) {
            0 if self.for_python => BigDecimal::new(self.number().into(), self.below(30) as i64),
            0 => BigDecimal::from_str("-123456789012345678901234567890.5").unwrap(),
            1 => BigDecimal::new((1_i64 << 62).into(), 10_000),
            2 => BigDecimal::new((-(1_i64 << 62)).into(), -10_000),
            _ => BigDecimal::new(self.number().into(), self.below(30) as i64),
        }
    }

    pub(crate) fn mood(&mut self) -> Mood {
        [Mood::Friendly, Mood::Curt, Mood::Last][self.below(3)]
    }

    pub(crate) fn inner(&mut self) -> Inner {
        Inner {
            a: self.number() as i32,
            s: self.text(),
        }
    }

    pub(crate) fn shape(&mut self) -> Shape {
        match self.below(12) {
            0 => Shape::Inner(self.inner()),
            1 => Shape::Number(self.number() as i32),
            2 => Shape::Text(self.text()),
            3 => Shape::Mood(self.mood()),
            4 => Shape::Raw(self.bytes()),
            5 => Shape::At(self.timestamp()),
            6 => Shape::Long(Box::new(self.deep(3))),
            7 => Shape::U64(self.number() as u64),
            8 => Shape::R64(self.number() as f64),
            9 => Shape::Span(self.duration()),
            10 => Shape::Day(self.date()),
            _ => Shape::Amount(self.decimal()),
        }
    }

    /// A value of at most `depth` messages inside each other, unions not counted.
    pub(crate) fn deep(&mut self, depth: usize) -> Deep {
        let mut deep = Deep {
            next: None,
            shape: None,
            children: Vec::new(),
            named: [].into(),
        };
        if depth > 1 {
            deep.next = self.maybe(|r| Box::new(r.deep(depth - 1)));
            deep.children = self.many(|r| r.deep(depth / 2));
            deep.named = self.many(|r| (r.text(), r.deep(depth / 2))).into_iter().collect();
        } else {
            deep.shape = Some(Shape::Mood(self.mood()));
        }
        deep
    }

    pub(crate) fn kitchen(&mut self) -> Kitchen {
        let r = self;
        Kitchen {
            a_bool: r.number() & 1 == 1,
            a_int8: r.number() as i8,
            a_int16: r.number() as i16,
            a_int32: r.number() as i32,
            a_int64: r.number(),
            a_fixed_int32: r.number() as i32,
            a_fixed_int64: r.number(),
            a_uint8: r.number() as u8,
            a_uint16: r.number() as u16,
            a_uint32: r.number() as u32,
            a_uint64: r.number() as u64,
            a_fixed_uint32: r.number() as u32,
            a_fixed_uint64: r.number() as u64,
            a_float32: r.number() as f32 / 7.0,
            a_float64: r.number() as f64 / 7.0,
            a_string: r.text(),
            a_bytes: r.bytes(),
            a_timestamp: r.timestamp(),
            a_duration: r.duration(),
            a_date: r.date(),
            a_decimal: r.decimal(),
            a_mood: r.mood(),
            a_inner: r.inner(),
            a_nothing: Nothing {},
            a_shape: r.shape(),
            o_bool: r.maybe(|r| r.number() & 1 == 1),
            o_int8: r.maybe(|r| r.number() as i8),
            o_int16: r.maybe(|r| r.number() as i16),
            o_int32: r.maybe(|r| r.number() as i32),
            o_int64: r.maybe(Random::number),
            o_fixed_int32: r.maybe(|r| r.number() as i32),
            o_fixed_int64: r.maybe(Random::number),
            o_uint8: r.maybe(|r| r.number() as u8),
            o_uint16: r.maybe(|r| r.number() as u16),
            o_uint32: r.maybe(|r| r.number() as u32),
            o_uint64: r.maybe(|r| r.number() as u64),
            o_fixed_uint32: r.maybe(|r| r.number() as u32),
            o_fixed_uint64: r.maybe(|r| r.number() as u64),
            o_float32: r.maybe(|r| r.number() as f32 / 7.0),
            o_float64: r.maybe(|r| r.number() as f64 / 7.0),
            o_string: r.maybe(Random::text),
            o_bytes: r.maybe(Random::bytes),
            o_timestamp: r.maybe(Random::timestamp),
            o_duration: r.maybe(Random::duration),
            o_date: r.maybe(Random::date),
            o_decimal: r.maybe(Random::decimal),
            o_mood: r.maybe(Random::mood),
            o_inner: r.maybe(Random::inner),
            o_shape: r.maybe(Random::shape),
            o_list: r.maybe(|r| r.many(Random::text)),
            l_bool: r.many(|r| r.number() & 1 == 1),
            l_int32: r.many(|r| r.number() as i32),
            l_string: r.many(Random::text),
            l_bytes: r.many(Random::bytes),
            l_mood: r.many(Random::mood),
            l_inner: r.many(Random::inner),
            l_nothing: r.many(|_| Nothing {}),
            l_shape: r.many(Random::shape),
            l_decimal: r.many(Random::decimal),
            l_timestamp: r.many(Random::timestamp),
            lo_string: r.many(|r| r.maybe(Random::text)),
            lo_inner: r.many(|r| r.maybe(Random::inner)),
            lo_shape: r.many(|r| r.maybe(Random::shape)),
            lo_list: r.many(|r| r.maybe(|r| r.many(Random::number))),
            l_list: r.many(|r| r.many(|r| r.number() as i32)),
            l_list_inner: r.many(|r| r.many(Random::inner)),
            l_set: r.many(|r| r.many(Random::text).into_iter().collect()),
            l_map: r.many(|r| r.many(|r| (r.text(), r.text())).into_iter().collect()),
            s_bool: r.many(|r| r.number() & 1 == 1).into_iter().collect(),
            s_int32: r.many(|r| r.number() as i32).into_iter().collect(),
            s_string: r.many(Random::text).into_iter().collect(),
            s_mood: r.many(Random::mood).into_iter().collect(),
            m_string: r.many(|r| (r.text(), r.text())).into_iter().collect(),
            m_bool: r
                .many(|r| (r.number() & 1 == 1, r.number() as f64 / 7.0))
                .into_iter()
                .collect(),
            m_mood: r.many(|r| (r.mood(), r.mood())).into_iter().collect(),
            m_inner: r.many(|r| (r.text(), r.inner())).into_iter().collect(),
            m_shape: r.many(|r| (r.text(), r.shape())).into_iter().collect(),
            m_list: r.many(|r| (r.text(), r.many(Random::text))).into_iter().collect(),
            m_list_inner: r
                .many(|r| (r.text(), r.many(Random::inner)))
                .into_iter()
                .collect(),
            m_map: r
                .many(|r| {
                    (
                        r.text(),
                        r.many(|r| (r.number() as i32, r.text())).into_iter().collect(),
                    )
                })
                .into_iter()
                .collect(),
            mo_int32: r
                .many(|r| (r.number() as i32, r.maybe(|r| r.number() as i32)))
                .into_iter()
                .collect(),
            mo_inner: r
                .many(|r| (r.text(), r.maybe(Random::inner)))
                .into_iter()
                .collect(),
            mo_list: r
                .many(|r| (r.text(), r.maybe(|r| r.many(Random::text))))
                .into_iter()
                .collect(),
            mo_shape: r
                .many(|r| (r.text(), r.maybe(Random::shape)))
                .into_iter()
                .collect(),
            m_duration: r.many(|r| (r.text(), r.duration())).into_iter().collect(),
            m_date: r.many(|r| (r.text(), r.date())).into_iter().collect(),
        }
    }
}
