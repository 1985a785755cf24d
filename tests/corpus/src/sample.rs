//! Values at random, reproducibly: one seed, one value.

use crate::corpus;
use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A source of values that ends: containers and optional values get rarer with depth.
pub struct Draw {
    rng: fastrand::Rng,
    depth: u32,
    /// Only values that pyfory represents exactly: whole seconds.
    tame: bool,
}

/// Types of which a value can be drawn.
pub trait Sample: Sized {
    /// Draws one value.
    fn sample(draw: &mut Draw) -> Self;
}

impl Draw {
    /// Values over the whole range of every type.
    pub fn wild(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            depth: 0,
            tame: false,
        }
    }

    /// Values that pyfory represents exactly.
    pub fn tame(seed: u64) -> Self {
        Self {
            tame: true,
            ..Self::wild(seed)
        }
    }

    fn deeper<T>(&mut self, fields: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let value = fields(self);
        self.depth -= 1;
        value
    }

    fn one_of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.rng.usize(..values.len())]
    }

    /// A case's index; the first one where the value has to end.
    fn case(&mut self, count: usize) -> usize {
        if self.depth > 4 {
            0
        } else {
            self.rng.usize(..count)
        }
    }

    fn length(&mut self) -> usize {
        match self.depth {
            0..=1 => self.rng.usize(..5),
            2..=3 => self.rng.usize(..3),
            4 => self.rng.usize(..2),
            _ => 0,
        }
    }

    /// Small numbers, limits and everything between, each often enough.
    fn bits(&mut self) -> u64 {
        match self.rng.u32(..4) {
            0 => self.rng.u64(..200),
            1 => u64::MAX - self.rng.u64(..200),
            2 => 1 << self.rng.u32(..64),
            _ => self.rng.u64(..),
        }
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Sample for $integer {
            fn sample(draw: &mut Draw) -> Self {
                draw.bits() as $integer
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Sample for bool {
    fn sample(draw: &mut Draw) -> Self {
        draw.rng.bool()
    }
}

impl Sample for f32 {
    fn sample(draw: &mut Draw) -> Self {
        *draw.one_of(&[0.0, -1.5, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, 0.1])
    }
}

impl Sample for f64 {
    fn sample(draw: &mut Draw) -> Self {
        *draw.one_of(&[0.0, -1.5, f64::MIN_POSITIVE, f64::MAX, f64::NEG_INFINITY, 0.1])
    }
}

impl Sample for String {
    fn sample(draw: &mut Draw) -> Self {
        let letters: Vec<char> = draw
            .one_of(&["abc xyz", "grüße", "名前は何", "🦀 and ü"])
            .chars()
            .collect();
        let length = draw.rng.usize(..20);
        (0..length).map(|_| *draw.one_of(&letters)).collect()
    }
}

impl Sample for Timestamp {
    fn sample(draw: &mut Draw) -> Self {
        let seconds = draw.rng.i64(-62_135_596_800..=253_402_207_200);
        if draw.tame {
            return Self::from_second(draw.rng.i64(0..2_000_000_000)).expect("seconds after 1970");
        }
        Self::new(seconds, draw.rng.i32(..1_000_000_000)).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl Sample for SignedDuration {
    fn sample(draw: &mut Draw) -> Self {
        if draw.tame {
            return Self::from_secs(draw.rng.i64(-1_000_000..1_000_000));
        }
        Self::new(
            draw.rng.i64(-9_000_000_000_000..9_000_000_000_000),
            draw.rng.i32(-999_999_999..1_000_000_000),
        )
    }
}

impl Sample for Date {
    fn sample(draw: &mut Draw) -> Self {
        Self::constant(draw.rng.i16(1..=9999), draw.rng.i8(1..=12), draw.rng.i8(1..=28))
    }
}

impl Sample for BigDecimal {
    fn sample(draw: &mut Draw) -> Self {
        let bytes: Vec<u8> = (0..draw.rng.usize(..24)).map(|_| draw.rng.u8(..)).collect();
        // One value, one scale: pyfory keeps trailing zeros, and so do we.
        Self::new(BigInt::from_signed_bytes_le(&bytes), draw.rng.i64(-20..20))
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(draw: &mut Draw) -> Self {
        Self::new(T::sample(draw))
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(draw: &mut Draw) -> Self {
        (draw.length() > 0).then(|| T::sample(draw))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(draw: &mut Draw) -> Self {
        let length = draw.length();
        draw.deeper(|draw| (0..length).map(|_| T::sample(draw)).collect())
    }
}

impl<T: Sample + Ord> Sample for BTreeSet<T> {
    fn sample(draw: &mut Draw) -> Self {
        let length = draw.length();
        draw.deeper(|draw| (0..length).map(|_| T::sample(draw)).collect())
    }
}

impl<K: Sample + Ord, V: Sample> Sample for BTreeMap<K, V> {
    fn sample(draw: &mut Draw) -> Self {
        let length = draw.length();
        draw.deeper(|draw| (0..length).map(|_| (K::sample(draw), V::sample(draw))).collect())
    }
}

include!(concat!(env!("OUT_DIR"), "/samples.rs"));
