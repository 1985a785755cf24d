//! Random payloads of any type, written by walking its steps: what the printed codec must read, and write again.

use aster_contract::graph::TypeId;
use aster_contract::model::Primitive;
use asterc::codegen::steps::{Item, Step, Steps, TypeSteps};
use fory_core::buffer::Writer;
use std::collections::{BTreeMap, BTreeSet};

/// Below this many messages, whatever can be left out is.
const DEEP: u32 = 4;
/// Behind this many messages too.
const MANY: usize = 200;

/// A small generator of numbers: splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Any number of bits, so that short and long varints are as frequent.
    fn bits(&mut self) -> u64 {
        let width = self.below(65);
        if width == 0 {
            0
        } else {
            self.next() >> (64 - width)
        }
    }
}

/// One payload of message `id`.
pub(crate) fn payload(steps: &Steps, id: TypeId, random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut walk = Walk {
        steps,
        random,
        out: Writer::from_buffer(&mut bytes),
        markers: BTreeMap::new(),
        depth: 0,
        messages: 0,
    };
    walk.out.write_bytes(&[0x01, 0xff]);
    walk.value(&Step::Message(id));
    bytes
}

struct Walk<'a> {
    steps: &'a Steps,
    random: &'a mut Random,
    out: Writer<'a>,
    markers: BTreeMap<TypeId, u32>,
    depth: u32,
    messages: usize,
}

impl Walk<'_> {
    /// Whether the payload is to come to its end.
    fn ends(&self) -> bool {
        self.depth > DEEP || self.messages > MANY
    }

    fn marker(&mut self, id: TypeId) {
        let next = self.markers.len() as u32;
        if let Some(index) = self.markers.get(&id) {
            return self.out.write_var_u32(index << 1 | 1);
        }
        self.markers.insert(id, next);
        self.out.write_var_u32(next << 1);
        match &self.steps.types[id.0 as usize] {
            TypeSteps::Message(message) => self.out.write_bytes(&message.type_def),
            TypeSteps::Enum(body) => self.out.write_bytes(&body.type_def),
            TypeSteps::Union(_) => panic!("a union has no marker"),
        };
    }

    fn message_type(&mut self, id: TypeId) {
        self.out.write_u8(0x1e);
        self.marker(id);
    }

    fn fields(&mut self, id: TypeId) {
        let steps = self.steps;
        let TypeSteps::Message(message) = &steps.types[id.0 as usize] else {
            panic!("a message")
        };
        self.depth += 1;
        self.messages += 1;
        for field in &message.fields {
            self.item(&field.item);
        }
        self.depth -= 1;
    }

    fn absent(&mut self) -> bool {
        self.ends() || self.random.below(3) == 0
    }

    fn item(&mut self, item: &Item) {
        if item.nullable {
            let absent = self.absent();
            self.out.write_u8(if absent { 0xfd } else { 0xff });
            if absent {
                return;
            }
        }
        self.value(&item.step);
    }

    fn value(&mut self, step: &Step) {
        match step {
            Step::Scalar(primitive) => self.scalar(*primitive),
            Step::Enum(id) => {
                let number = self.number(*id);
                self.out.write_var_u32(number);
            }
            Step::Message(id) => {
                self.message_type(*id);
                self.fields(*id);
            }
            Step::Union(id) => self.union(*id),
            Step::List(element) => self.list(element),
            Step::Set(element) => {
                let keys = self.keys(element);
                self.out.write_var_u32(keys.len() as u32);
                if !keys.is_empty() {
                    self.out.write_u8(0x0c);
                }
                for key in keys.values() {
                    self.out.write_bytes(key);
                }
            }
            Step::Map(key, value) => self.map(key, value),
        }
    }

    fn count(&mut self) -> usize {
        match self.random.below(if self.ends() { 1 } else { 12 }) {
            11 if self.depth == 1 && self.random.below(8) == 0 => 300,
            few => few as usize / 3,
        }
    }

    fn number(&mut self, id: TypeId) -> u32 {
        let TypeSteps::Enum(body) = &self.steps.types[id.0 as usize] else {
            panic!("an enum")
        };
        let (number, _) = body.numbers[self.random.below(body.numbers.len() as u64) as usize];
        number.unsigned_abs()
    }

    fn union(&mut self, id: TypeId) {
        let steps = self.steps;
        let TypeSteps::Union(union) = &steps.types[id.0 as usize] else {
            panic!("a union")
        };
        // deep down, only a case that ends
        let ends = |case: &&_| {
            !matches!(
                case,
                asterc::codegen::steps::CaseStep {
                    step: Step::Message(_),
                    ..
                }
            )
        };
        let ending: Vec<_> = union.cases.iter().filter(ends).collect();
        let cases: Vec<_> = match self.ends() && !ending.is_empty() {
            true => ending,
            false => union.cases.iter().collect(),
        };
        let case = cases[self.random.below(cases.len() as u64) as usize];
        self.out.write_var_u32(case.number.unsigned_abs());
        self.out.write_bytes(&[0xff, case.type_id]);
        match &case.step {
            Step::Message(id) => {
                self.marker(*id);
                self.fields(*id);
            }
            Step::Enum(id) => {
                self.marker(*id);
                self.value(&case.step);
            }
            step => self.value(step),
        }
    }

    fn list(&mut self, element: &Item) {
        let count = self.count();
        self.out.write_var_u32(count as u32);
        if count == 0 {
            return;
        }
        let absent: Vec<bool> = (0..count).map(|_| element.nullable && self.absent()).collect();
        let nulls = absent.contains(&true);
        if let Step::Message(id) = &element.step {
            self.out.write_u8(if nulls { 0x0a } else { 0x08 });
            self.message_type(*id);
            for absent in absent {
                if nulls {
                    self.out.write_u8(if absent { 0xfd } else { 0xff });
                }
                if !absent {
                    self.fields(*id);
                }
            }
            return;
        }
        self.out.write_u8(if nulls { 0x0e } else { 0x0c });
        for absent in absent {
            if nulls {
                self.out.write_u8(if absent { 0xfd } else { 0xff });
            }
            if !absent {
                self.value(&element.step);
            }
        }
    }

    fn map(&mut self, key: &Step, value: &Item) {
        let keys = self.keys(key);
        self.out.write_var_u32(keys.len() as u32);
        let absent: Vec<bool> = keys.values().map(|_| value.nullable && self.absent()).collect();
        let message = match &value.step {
            Step::Message(id) => Some(*id),
            _ => None,
        };
        let mut in_chunk = 0;
        for (index, key) in keys.values().enumerate() {
            if absent[index] {
                self.out.write_u8(0x14);
                self.out.write_bytes(key);
                continue;
            }
            if in_chunk == 0 {
                in_chunk = absent[index..]
                    .iter()
                    .take(255)
                    .take_while(|absent| !**absent)
                    .count();
                self.out
                    .write_bytes(&[if message.is_some() { 0x04 } else { 0x24 }, in_chunk as u8]);
                message.into_iter().for_each(|id| self.message_type(id));
            }
            in_chunk -= 1;
            self.out.write_bytes(key);
            match message {
                Some(id) => self.fields(id),
                None => self.value(&value.step),
            }
        }
    }

    /// Keys or elements as bytes, in the order in which Rust keeps them.
    fn keys(&mut self, step: &Step) -> BTreeMap<Key, Vec<u8>> {
        let count = self.count();
        let keys: BTreeSet<Key> = (0..count).map(|_| self.key(step)).collect();
        keys.into_iter()
            .map(|key| {
                let mut bytes = Vec::new();
                let mut out = Writer::from_buffer(&mut bytes);
                match (&key, step) {
                    (Key::Text(text), _) => string(&mut out, text),
                    (Key::Number(number), Step::Scalar(primitive)) => integer(&mut out, *primitive, *number),
                    (Key::Number(number), _) => out.write_var_u32(*number as u32),
                }
                (key, bytes)
            })
            .collect()
    }

    fn key(&mut self, step: &Step) -> Key {
        match step {
            Step::Scalar(Primitive::String) => Key::Text(self.text()),
            Step::Scalar(primitive) => Key::Number(self.int(*primitive)),
            Step::Enum(id) => Key::Number(self.number(*id).into()),
            other => panic!("no key: {other:?}"),
        }
    }

    fn text(&mut self) -> String {
        const TEXT: [&str; 6] = [
            "",
            "a",
            "order",
            "ü",
            "名前",
            "a rather long text that fits no word",
        ];
        let text = TEXT[self.random.below(6) as usize];
        format!("{text}{}", self.random.below(1_000))
    }

    fn int(&mut self, primitive: Primitive) -> i128 {
        let bits = self.random.bits();
        match primitive {
            Primitive::Bool => i128::from(bits & 1),
            Primitive::Int8 => i128::from(bits as i8),
            Primitive::Int16 => i128::from(bits as i16),
            Primitive::Varint32 | Primitive::Int32 => i128::from(bits as i32),
            Primitive::Varint64 | Primitive::Int64 => i128::from(bits as i64),
            Primitive::Uint8 => i128::from(bits as u8),
            Primitive::Uint16 => i128::from(bits as u16),
            Primitive::VarUint32 | Primitive::Uint32 => i128::from(bits as u32),
            _ => i128::from(bits),
        }
    }

    fn scalar(&mut self, primitive: Primitive) {
        match primitive {
            Primitive::Float32 => self.out.write_f32(self.random.bits() as f32 / 7.0),
            Primitive::Float64 => self.out.write_f64(self.random.bits() as f64 / 7.0),
            Primitive::String => {
                let text = self.text();
                string(&mut self.out, &text);
            }
            Primitive::Binary => {
                let text = self.text();
                self.out.write_var_u32(text.len() as u32);
                self.out.write_bytes(text.as_bytes());
            }
            Primitive::Timestamp => {
                self.out
                    .write_i64(self.random.below(315_537_804_000) as i64 - 62_135_596_800);
                self.out.write_u32(self.random.below(1_000_000_000) as u32);
            }
            Primitive::Duration => {
                self.out
                    .write_var_i64(self.random.below(18_000_000_000_000) as i64 - 9_000_000_000_000);
                self.out.write_i32(self.random.below(1_000_000_000) as i32);
            }
            Primitive::Date => self
                .out
                .write_var_i64(self.random.below(3_652_059) as i64 - 719_162),
            Primitive::Decimal => {
                self.out.write_var_i32(self.random.below(20_001) as i32 - 10_000);
                self.out.write_var_u64((self.random.bits() >> 1) << 1);
            }
            integral => {
                let value = self.int(integral);
                integer(&mut self.out, integral, value);
            }
        }
    }
}

/// What a set or map is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Text(String),
}

fn string(out: &mut Writer<'_>, text: &str) {
    out.write_var_u32((text.len() as u32) << 2 | 2);
    out.write_bytes(text.as_bytes());
}

fn integer(out: &mut Writer<'_>, primitive: Primitive, value: i128) {
    match primitive {
        Primitive::Bool => out.write_u8(value as u8),
        Primitive::Int8 => out.write_i8(value as i8),
        Primitive::Int16 => out.write_i16(value as i16),
        Primitive::Varint32 => out.write_var_i32(value as i32),
        Primitive::Varint64 => out.write_var_i64(value as i64),
        Primitive::Int32 => out.write_i32(value as i32),
        Primitive::Int64 => out.write_i64(value as i64),
        Primitive::Uint8 => out.write_u8(value as u8),
        Primitive::Uint16 => out.write_u16(value as u16),
        Primitive::VarUint32 => out.write_var_u32(value as u32),
        Primitive::VarUint64 => out.write_var_u64(value as u64),
        Primitive::Uint32 => out.write_u32(value as u32),
        Primitive::Uint64 => out.write_u64(value as u64),
        other => panic!("{other} is no integer"),
    }
}
