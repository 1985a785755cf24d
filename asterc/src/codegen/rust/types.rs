//! Types of the schema as Rust types, and their steps as calls of the codec.

use super::layout::{Call, Expr};
use super::scope::Scope;
use crate::codegen::steps::{Item, Step};
use crate::model::primitive_name;
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Primitive;
use heck::ToUpperCamelCase;

/// The type of a field of `owner`.
pub(super) fn field_type(scope: &Scope<'_>, owner: TypeId, value: &Value) -> String {
    let inner = match value.shape {
        Shape::Leaf(leaf) if scope.generator.facts.is_boxed(owner, leaf) => {
            format!("{}<{}>", scope.std("Box"), leaf_type(scope, leaf))
        }
        _ => shape_type(scope, &value.shape),
    };
    if value.optional {
        format!("{}<{inner}>", scope.std("Option"))
    } else {
        inner
    }
}

/// The type of a value that stands alone: a parameter or a result.
pub(super) fn value_type(scope: &Scope<'_>, value: &Value) -> String {
    let inner = shape_type(scope, &value.shape);
    if value.optional {
        format!("{}<{inner}>", scope.std("Option"))
    } else {
        inner
    }
}

fn shape_type(scope: &Scope<'_>, shape: &Shape) -> String {
    match shape {
        Shape::Leaf(leaf) => leaf_type(scope, *leaf),
        Shape::List(element) => format!("{}<{}>", scope.std("Vec"), value_type(scope, element)),
        Shape::Set(element) => format!("{}<{}>", scope.std("BTreeSet"), leaf_type(scope, *element)),
        Shape::Map(key, value) => format!(
            "{}<{}, {}>",
            scope.std("BTreeMap"),
            leaf_type(scope, *key),
            value_type(scope, value)
        ),
    }
}

/// The type of a scalar, message, enum or union.
pub(super) fn leaf_type(scope: &Scope<'_>, leaf: Leaf) -> String {
    let primitive = match leaf {
        Leaf::Type(id) => return scope.ty(id),
        Leaf::Primitive(primitive) => primitive,
    };
    match primitive {
        Primitive::Bool => "bool".to_owned(),
        Primitive::Int8 => "i8".to_owned(),
        Primitive::Int16 => "i16".to_owned(),
        Primitive::Varint32 | Primitive::Int32 => "i32".to_owned(),
        Primitive::Varint64 | Primitive::Int64 => "i64".to_owned(),
        Primitive::Uint8 => "u8".to_owned(),
        Primitive::Uint16 => "u16".to_owned(),
        Primitive::VarUint32 | Primitive::Uint32 => "u32".to_owned(),
        Primitive::VarUint64 | Primitive::Uint64 => "u64".to_owned(),
        Primitive::Float32 => "f32".to_owned(),
        Primitive::Float64 => "f64".to_owned(),
        Primitive::String => scope.std("String"),
        Primitive::Binary => format!("{}<u8>", scope.std("Vec")),
        Primitive::Timestamp => scope.v1("Timestamp"),
        Primitive::Duration => scope.v1("SignedDuration"),
        Primitive::Date => scope.v1("Date"),
        Primitive::Decimal => scope.v1("BigDecimal"),
    }
}

/// The variant of `WireType` for a scalar: like the methods of `Encoder` and `Decoder`, it has the language's name.
pub(super) fn wire_type(scope: &Scope<'_>, primitive: Primitive) -> String {
    let name = primitive_name(primitive).to_upper_camel_case();
    scope.v1(&format!("WireType::{name}"))
}

/// Whether the encoder takes the scalar itself, not a reference.
pub(super) fn is_copy(primitive: Primitive) -> bool {
    !matches!(
        primitive,
        Primitive::String | Primitive::Binary | Primitive::Decimal
    )
}

/// Whether writing can fail.
fn is_fallible(step: &Step) -> bool {
    match step {
        Step::Scalar(primitive) => is_fallible_scalar(*primitive),
        Step::Enum(_) | Step::Set(_) => false,
        Step::Message(_) | Step::Union(_) => true,
        Step::List(element) => is_fallible(&element.step),
        Step::Map(_, value) => is_fallible(&value.step),
    }
}

/// Whether the scalar has values outside the range of the language.
pub(super) fn is_fallible_scalar(primitive: Primitive) -> bool {
    matches!(
        primitive,
        Primitive::Timestamp | Primitive::Duration | Primitive::Date | Primitive::Decimal
    )
}

/// Where a value to be written is.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// A field: `self.name`.
    Field(&'a str),
    /// A reference: the parameter of a closure.
    Reference(&'a str),
}

impl Place<'_> {
    fn by_value(self) -> String {
        match self {
            Place::Field(name) => format!("self.{name}"),
            Place::Reference(name) => format!("*{name}"),
        }
    }

    fn by_reference(self) -> String {
        match self {
            Place::Field(name) => format!("&self.{name}"),
            Place::Reference(name) => name.to_owned(),
        }
    }
}

/// The statement that writes field `name`, at an indentation of `indent`.
pub(super) fn write_field(
    scope: &Scope<'_>,
    item: &Item,
    name: &str,
    wire_name: &str,
    indent: usize,
) -> String {
    let mut calls = if item.nullable {
        let value = Expr::text(format!("self.{name}.as_ref()"));
        vec![Call::new("optional", vec![value, writer(scope, &item.step)])]
    } else {
        vec![write_call(scope, &item.step, Place::Field(name))]
    };
    let mut end = ";";
    if is_fallible(&item.step) {
        calls.push(at(scope, wire_name));
        end = "?;";
    }
    Expr::chain("out", calls, end).print(indent, indent, 0)
}

/// The expression that reads a field.
pub(super) fn read_field(scope: &Scope<'_>, item: &Item, wire_name: &str) -> Expr {
    let call = if item.nullable {
        Call::new("optional", vec![reader(scope, &item.step)])
    } else {
        read_call(scope, &item.step)
    };
    Expr::chain("input", vec![call, at(scope, wire_name)], "?")
}

/// The call that says in which field or case a failure was.
pub(super) fn at(scope: &Scope<'_>, wire_name: &str) -> Call {
    scope.uses_at();
    Call::new("field", vec![Expr::text(super::literals::string(wire_name))])
}

/// The call of the encoder that writes the value at `place`.
fn write_call(scope: &Scope<'_>, step: &Step, place: Place<'_>) -> Call {
    let reference = Expr::text(place.by_reference());
    match step {
        Step::Scalar(primitive) if is_copy(*primitive) => {
            Call::new(primitive_name(*primitive), vec![Expr::text(place.by_value())])
        }
        Step::Scalar(primitive) => Call::new(primitive_name(*primitive), vec![reference]),
        Step::Enum(_) => Call::new("enumeration", vec![reference]),
        Step::Message(_) => Call::new("message", vec![reference]),
        Step::Union(_) => Call::new("union", vec![reference]),
        Step::List(element) => match (&element.step, element.nullable) {
            (Step::Message(_), false) => Call::new("messages", vec![reference]),
            (Step::Message(_), true) => Call::new("optional_messages", vec![reference]),
            (step, false) => Call::new("list", vec![reference, writer(scope, step)]),
            (step, true) => Call::new("optional_list", vec![reference, writer(scope, step)]),
        },
        Step::Set(element) => Call::new("set", vec![reference, writer(scope, element)]),
        Step::Map(key, value) => {
            let key = writer(scope, key);
            match (&value.step, value.nullable) {
                (Step::Message(_), false) => Call::new("message_map", vec![reference, key]),
                (Step::Message(_), true) => Call::new("optional_message_map", vec![reference, key]),
                (step, false) => Call::new("map", vec![reference, key, writer(scope, step)]),
                (step, true) => Call::new("optional_map", vec![reference, key, writer(scope, step)]),
            }
        }
    }
}

/// The function that writes one element: one that has a name wherever there is one, so that all fields share what is
/// compiled for it.
fn writer(scope: &Scope<'_>, step: &Step) -> Expr {
    if let Step::Scalar(primitive) = step {
        return Expr::text(scope.v1(&format!("write::{}", primitive_name(*primitive))));
    }
    let call = write_call(scope, step, Place::Reference("value"));
    match step {
        Step::Enum(_) | Step::Message(_) | Step::Union(_) => {
            Expr::text(scope.v1(&format!("Encoder::{}", call.function())))
        }
        _ if is_fallible(step) => Expr::closure("|out, value|", Expr::method("out", call)),
        _ => Expr::procedure("|out, value|", Expr::method("out", call)),
    }
}

/// The call of the decoder that reads a value.
fn read_call(scope: &Scope<'_>, step: &Step) -> Call {
    match step {
        Step::Scalar(primitive) => Call::new(primitive_name(*primitive), Vec::new()),
        Step::Enum(_) => Call::new("enumeration", Vec::new()),
        Step::Message(_) => Call::new("message", Vec::new()),
        Step::Union(_) => Call::new("union", Vec::new()),
        Step::List(element) => match (&element.step, element.nullable) {
            (Step::Message(_), false) => Call::new("messages", Vec::new()),
            (Step::Message(_), true) => Call::new("optional_messages", Vec::new()),
            (step, false) => Call::new("list", vec![reader(scope, step)]),
            (step, true) => Call::new("optional_list", vec![reader(scope, step)]),
        },
        Step::Set(element) => Call::new("set", vec![reader(scope, element)]),
        Step::Map(key, value) => {
            let key = reader(scope, key);
            match (&value.step, value.nullable) {
                (Step::Message(_), false) => Call::new("message_map", vec![key]),
                (Step::Message(_), true) => Call::new("optional_message_map", vec![key]),
                (step, false) => Call::new("map", vec![key, reader(scope, step)]),
                (step, true) => Call::new("optional_map", vec![key, reader(scope, step)]),
            }
        }
    }
}

/// The function that reads one element.
fn reader(scope: &Scope<'_>, step: &Step) -> Expr {
    let call = read_call(scope, step);
    if call.takes_nothing() {
        Expr::text(scope.v1(&format!("Decoder::{}", call.function())))
    } else {
        Expr::closure("|input|", Expr::method("input", call))
    }
}

/// The call of the encoder that writes the value of a union's case.
pub(super) fn write_case_value(primitive: Primitive) -> String {
    let value = if is_copy(primitive) { "*value" } else { "value" };
    format!("out.{}({value})", primitive_name(primitive))
}

/// The calls of the decoder that read a union's case.
pub(super) fn read_case_value(scope: &Scope<'_>, primitive: Primitive) -> Vec<Call> {
    let read = Call::new(primitive_name(primitive), Vec::new());
    vec![
        Call::new("scalar_case", vec![Expr::text(wire_type(scope, primitive))]),
        Call::new(
            "and_then",
            vec![Expr::closure("|()|", Expr::method("input", read))],
        ),
    ]
}

/// Whether clippy's `type_complexity` warns of the type: each part of it counts ten times its depth.
pub(super) fn is_complex(value: &Value) -> bool {
    const LIMIT: usize = 250;
    fn score(value: &Value, depth: usize) -> usize {
        let inner = if value.optional { depth + 1 } else { depth };
        let optional = if value.optional { 10 * depth } else { 0 };
        let shape = 10 * inner;
        optional
            + match &value.shape {
                Shape::Leaf(Leaf::Primitive(Primitive::Binary)) => shape + 10 * (inner + 1),
                Shape::Leaf(_) => shape,
                Shape::List(element) => shape + score(element, inner + 1),
                Shape::Set(_) => shape + 10 * (inner + 1),
                Shape::Map(_, value) => shape + 10 * (inner + 1) + score(value, inner + 1),
            }
    }
    score(value, 1) > LIMIT
}

/// The attribute of an item with a type that clippy finds complex.
pub(super) fn allow_complex(complex: bool) -> Option<String> {
    let attribute = "#[allow(clippy::type_complexity, reason = \"the schema nests as deep\")]";
    complex.then(|| attribute.to_owned())
}
