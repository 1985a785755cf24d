//! Draws a schema of 1,000 types and writes it down three times: as `.aster` text, as Rust code that
//! makes values of each type, and as JSON for the script that asks pyfory about them.
//!
//! The same seed gives the same corpus everywhere, so nothing of it is committed but pyfory's answers.

use fastrand::Rng;
use std::fmt::Write;

const ENUMS: usize = 80;
const SIMPLE: usize = 200;
const UNIONS: usize = 260;
/// How many types there are.
pub(crate) const TYPES: usize = 1_000;

const SCALARS: [&str; 21] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "fixed_int32",
    "fixed_int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "fixed_uint32",
    "fixed_uint64",
    "float32",
    "float64",
    "string",
    "bytes",
    "timestamp",
    "duration",
    "date",
    "decimal",
];
const KEYS: [&str; 14] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "fixed_int32",
    "fixed_int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "fixed_uint32",
    "fixed_uint64",
    "string",
];

/// Field names that are not written the same way in Rust: keywords, other cases, other scripts.
const NAMES: [(&str, &str); 12] = [
    ("type", "r#type"),
    ("match", "r#match"),
    ("self", "self_"),
    ("from", "from"),
    ("camelCase", "camel_case"),
    ("SHOUTED", "shouted"),
    ("größe", "größe"),
    ("名前", "名前"),
    ("x2y", "x2y"),
    ("_hidden", "_hidden"),
    (
        "a_name_as_long_as_a_sentence_that_nobody_wants_to_type_twice_in_one_day_0123456789",
        "",
    ),
    ("e", "e"),
];

/// A drawn corpus.
pub(crate) struct Corpus {
    types: Vec<Type>,
}

struct Type {
    name: String,
    kind: Kind,
}

enum Kind {
    Message(Vec<Field>),
    Enum(Vec<i32>),
    Union(Vec<(i32, Leaf)>),
}

struct Field {
    name: String,
    rust: String,
    ty: Ty,
}

enum Ty {
    Leaf(Leaf),
    Optional(Box<Ty>),
    List(Box<Ty>),
    Set(Leaf),
    Map(Leaf, Box<Ty>),
}

#[derive(Clone, Copy)]
enum Leaf {
    Scalar(&'static str),
    Type(usize),
}

/// Draws the corpus. Types are drawn in this order: enums, messages of scalars, unions, messages of
/// everything; a required message comes from the second group, so that every type has a finite value.
pub(crate) fn corpus() -> Corpus {
    let mut rng = Rng::with_seed(2);
    let types = (0..TYPES)
        .map(|index| Type {
            name: type_name(index),
            kind: match index {
                _ if index < ENUMS => Kind::Enum(numbers(&mut rng, index)),
                _ if index < SIMPLE => Kind::Message(fields(&mut rng, index, simple)),
                _ if index < UNIONS => Kind::Union(cases(&mut rng, index)),
                _ => Kind::Message(fields(&mut rng, index, |rng| value(rng, index, 3))),
            },
        })
        .collect();
    Corpus { types }
}

fn type_name(index: usize) -> String {
    match index % 50 {
        7 => format!("T{index}WithANameAsLongAsASentenceThatNobodyWantsToTypeTwiceInOneDay0123456789"),
        11 => format!("Größe{index}"),
        13 => format!("ABC{index}"),
        _ => format!("Type{index}"),
    }
}

/// The type's name in Rust, where acronyms are words.
fn rust_name(name: &str) -> String {
    name.replace("ABC", "Abc")
}

fn numbers(rng: &mut Rng, index: usize) -> Vec<i32> {
    if index.is_multiple_of(2) {
        return (0..rng.i32(1..6)).collect();
    }
    let mut next = 0;
    (0..rng.i32(1..9))
        .map(|_| {
            next += rng.i32(1..1_000_000);
            next
        })
        .collect()
}

fn cases(rng: &mut Rng, index: usize) -> Vec<(i32, Leaf)> {
    // The first case is a scalar: a value that has to end ends there.
    let mut number = rng.i32(1..4);
    let mut cases = vec![(number, Leaf::Scalar(SCALARS[rng.usize(..SCALARS.len())]))];
    for _ in 0..rng.usize(0..5) {
        number += rng.i32(1..300);
        let leaf = match rng.usize(0..4) {
            0 => Leaf::Type(rng.usize(..ENUMS)),
            1 => Leaf::Type(rng.usize(ENUMS..SIMPLE)),
            // One union for each dozen messages, so that cycles through unions stay small.
            2 => Leaf::Type(rng.usize(..12) + UNIONS + 12 * (index - SIMPLE)),
            _ => Leaf::Scalar(SCALARS[rng.usize(..SCALARS.len())]),
        };
        cases.push((number, leaf));
    }
    cases
}

fn fields(rng: &mut Rng, index: usize, mut ty: impl FnMut(&mut Rng) -> Ty) -> Vec<Field> {
    let count = match index % 100 {
        3 => 0,
        17 => rng.usize(32..50),
        _ => rng.usize(1..7),
    };
    let special = rng.usize(..NAMES.len());
    (0..count)
        .map(|number| {
            let (name, rust) = if number == 0 && index.is_multiple_of(3) {
                NAMES[special]
            } else {
                ("", "")
            };
            let name = if name.is_empty() {
                format!("f{}", (number * 7) % 1_000)
            } else {
                name.to_owned()
            };
            let rust = if rust.is_empty() {
                name.clone()
            } else {
                rust.to_owned()
            };
            Field {
                name,
                rust,
                ty: ty(rng),
            }
        })
        .collect()
}

fn simple(rng: &mut Rng) -> Ty {
    let leaf = if rng.usize(0..8) == 0 {
        Leaf::Type(rng.usize(..ENUMS))
    } else {
        Leaf::Scalar(SCALARS[rng.usize(..SCALARS.len())])
    };
    if rng.usize(0..4) == 0 {
        Ty::Optional(Box::new(Ty::Leaf(leaf)))
    } else {
        Ty::Leaf(leaf)
    }
}

/// Any type; what is not required may name any message nearby, so that cycles of many lengths come about, and none
/// is so long that rustc tires of it.
fn value(rng: &mut Rng, index: usize, depth: u32) -> Ty {
    match rng.usize(0..if depth == 0 { 9 } else { 16 }) {
        0..=8 => simple(rng),
        9 => Ty::Leaf(Leaf::Type(rng.usize(ENUMS..UNIONS))),
        10 | 11 => Ty::Optional(Box::new(inner(rng, index, depth))),
        12 | 13 => Ty::List(Box::new(inner(rng, index, depth))),
        14 => Ty::Set(key(rng)),
        _ => Ty::Map(key(rng), Box::new(inner(rng, index, depth))),
    }
}

/// What stands in a container or before a `?`: a type without `?` of its own.
fn inner(rng: &mut Rng, index: usize, depth: u32) -> Ty {
    if rng.bool() {
        let near = index.saturating_sub(6).max(UNIONS)..(index + 6).min(TYPES);
        return Ty::Leaf(Leaf::Type(rng.usize(near)));
    }
    match value(rng, index, depth - 1) {
        Ty::Optional(ty) => *ty,
        ty => ty,
    }
}

fn key(rng: &mut Rng) -> Leaf {
    if rng.usize(0..5) == 0 {
        Leaf::Type(rng.usize(..ENUMS))
    } else {
        Leaf::Scalar(KEYS[rng.usize(..KEYS.len())])
    }
}

impl Corpus {
    /// The schema.
    pub(crate) fn schema(&self) -> String {
        let mut text = String::from("//! Drawn by a generator.\n\npackage corpus;\n");
        for ty in &self.types {
            let name = &ty.name;
            match &ty.kind {
                Kind::Enum(numbers) => {
                    writeln!(text, "\nenum {name} {{").ok();
                    for number in numbers {
                        writeln!(text, "  V{number} = {number};").ok();
                    }
                }
                Kind::Union(cases) => {
                    writeln!(text, "\nunion {name} {{").ok();
                    for (number, leaf) in cases {
                        writeln!(text, "  c{number}: {} = {number};", self.leaf(*leaf)).ok();
                    }
                }
                Kind::Message(fields) => {
                    writeln!(text, "\nmessage {name} {{").ok();
                    for field in fields {
                        writeln!(text, "  {}: {};", field.name, self.aster(&field.ty)).ok();
                    }
                }
            }
            text.push_str("}\n");
        }
        text
    }

    /// Rust: an `impl Sample` for each type, and a macro that names every message.
    pub(crate) fn samples(&self) -> String {
        let mut text = String::new();
        for ty in &self.types {
            writeln!(text, "impl Sample for corpus::{} {{", rust_name(&ty.name)).ok();
            writeln!(text, "    fn sample(draw: &mut Draw) -> Self {{").ok();
            match &ty.kind {
                Kind::Enum(numbers) => {
                    let values: Vec<_> = numbers.iter().map(|number| format!("Self::V{number}")).collect();
                    writeln!(text, "        *draw.one_of(&[{}])", values.join(", ")).ok();
                }
                Kind::Union(cases) if cases.len() == 1 => {
                    writeln!(text, "        Self::C{}(Sample::sample(draw))", cases[0].0).ok();
                }
                Kind::Union(cases) => {
                    writeln!(text, "        match draw.case({}) {{", cases.len()).ok();
                    for (index, (number, _)) in cases.iter().enumerate().skip(1) {
                        writeln!(
                            text,
                            "            {index} => Self::C{number}(Sample::sample(draw)),"
                        )
                        .ok();
                    }
                    writeln!(
                        text,
                        "            _ => Self::C{}(Sample::sample(draw)),",
                        cases[0].0
                    )
                    .ok();
                    writeln!(text, "        }}").ok();
                }
                Kind::Message(fields) => {
                    let draw = if fields.is_empty() { "_" } else { "draw" };
                    writeln!(text, "        draw.deeper(|{draw}| Self {{").ok();
                    for field in fields {
                        writeln!(text, "            {}: Sample::sample(draw),", field.rust).ok();
                    }
                    writeln!(text, "        }})").ok();
                }
            }
            writeln!(text, "    }}\n}}").ok();
        }
        text.push_str("\n/// Calls `$check::<T>(name)` for every message of the corpus.\n");
        text.push_str("#[macro_export]\nmacro_rules! every_message {\n    ($check:ident) => {\n");
        for (index, ty) in self.types.iter().enumerate() {
            if let Kind::Message(_) = ty.kind {
                writeln!(
                    text,
                    "        $check::<$crate::corpus::{}>({index}, {:?});",
                    rust_name(&ty.name),
                    ty.name
                )
                .ok();
            }
        }
        text.push_str("    };\n}\n");
        text
    }

    /// JSON: `[{"name", "registered", "kind": "message", "fields": [[name, type]]} | {…, "values": [n]} | {…, "cases": [[n, type]]}]`,
    /// where a type is a scalar's name, an index into the array, or `[constructor, type…]`.
    pub(crate) fn description(&self) -> String {
        let types: Vec<String> = self
            .types
            .iter()
            .map(|ty| {
                let (kind, key, members): (_, _, Vec<String>) = match &ty.kind {
                    Kind::Enum(numbers) => ("enum", "values", numbers.iter().map(i32::to_string).collect()),
                    Kind::Union(cases) => {
                        let case = |(number, leaf): &(i32, Leaf)| format!("[{number},{}]", json_leaf(*leaf));
                        ("union", "cases", cases.iter().map(case).collect())
                    }
                    Kind::Message(fields) => {
                        let field = |field: &Field| format!("[{:?},{}]", field.name, json(&field.ty));
                        ("message", "fields", fields.iter().map(field).collect())
                    }
                };
                let (name, registered) = (&ty.name, registered(&ty.name));
                let members = members.join(",");
                format!(
                    r#"{{"name":"{name}","registered":"{registered}","kind":"{kind}","{key}":[{members}]}}"#
                )
            })
            .collect();
        format!("[{}]\n", types.join(",\n"))
    }

    fn aster(&self, ty: &Ty) -> String {
        match ty {
            Ty::Leaf(leaf) => self.leaf(*leaf).to_owned(),
            Ty::Optional(ty) => format!("{}?", self.aster(ty)),
            Ty::List(ty) => format!("list<{}>", self.aster(ty)),
            Ty::Set(leaf) => format!("set<{}>", self.leaf(*leaf)),
            Ty::Map(key, ty) => format!("map<{}, {}>", self.leaf(*key), self.aster(ty)),
        }
    }

    fn leaf(&self, leaf: Leaf) -> &str {
        match leaf {
            Leaf::Scalar(name) => name,
            Leaf::Type(index) => &self.types[index].name,
        }
    }
}

/// The name a type has in Fory: its own where that is ASCII, else `x` and 16 hex digits of its full name's hash.
fn registered(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let hash = blake3::hash(format!("corpus.{name}").as_bytes());
    format!("x{}", &hash.to_hex()[..16])
}

fn json(ty: &Ty) -> String {
    match ty {
        Ty::Leaf(leaf) => json_leaf(*leaf),
        Ty::Optional(ty) => format!("[\"optional\",{}]", json(ty)),
        Ty::List(ty) => format!("[\"list\",{}]", json(ty)),
        Ty::Set(leaf) => format!("[\"set\",{}]", json_leaf(*leaf)),
        Ty::Map(key, ty) => format!("[\"map\",{},{}]", json_leaf(*key), json(ty)),
    }
}

fn json_leaf(leaf: Leaf) -> String {
    match leaf {
        Leaf::Scalar(name) => format!("\"{name}\""),
        Leaf::Type(index) => index.to_string(),
    }
}
