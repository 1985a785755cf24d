//! Messages: the struct, how it is made, and its codec.

use super::items::any_deprecated;
use super::layout::{Expr, WIDTH, signature};
use super::scope::Scope;
use super::{allow_deprecated, facts, head, literals, names, schema_text, types};
use crate::codegen::steps::{FieldStep, TypeSteps};
use crate::model::{Field, Literal, Made, Message, TypeDecl};
use aster_contract::graph::{Leaf, Shape, TypeId};
use aster_contract::model::Primitive;
use asterc_templates::rust::{
    Constructor, Field as FieldView, Message as View, MessageCodec, Section, TypeInfo,
};

/// The most values that `new` takes: clippy's `too_many_arguments` warns from eight.
const MAX_ARGUMENTS: usize = 7;

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Message) -> Section {
    let TypeSteps::Message(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: a message has the steps of one")
    };
    let fields = body.fields.iter().map(|field| {
        let text = schema_text::value(scope.schema(), &field.ty);
        let mut head = head(&field.notes, &format!("`{}: {text}`", field.name));
        head.extend(types::allow_complex(types::is_complex(&field.ty)));
        FieldView {
            head,
            name: names::value(&field.name),
            ty: types::field_type(scope, id, &field.ty),
        }
    });
    let constructor = constructor(scope, id, body);
    let derives_default = matches!(constructor, Making::Derived);
    let attributes = allow_deprecated(uses_deprecated(scope, id, ty, body));
    let mut head = head(&ty.notes, &fallback(scope, id, ty));
    head.extend(attributes.iter().cloned());
    head.push(derive(scope, id, derives_default));
    let has_fields = !body.fields.is_empty();
    Section::Message(Box::new(View {
        head,
        attributes,
        name: scope.ty(id),
        fields: fields.collect(),
        constructor: match constructor {
            Making::Derived | Making::Literally => None,
            Making::By(constructor) => Some(constructor),
        },
        codec: MessageCodec {
            v1: scope.v1_path(),
            info: type_info(ty, &steps.type_def),
            out: if has_fields { "out" } else { "_out" },
            input: if has_fields { "input" } else { "_input" },
            write: steps.fields.iter().map(|step| write(scope, body, step)).collect(),
            read: read(scope, body, &steps.fields),
        },
    }))
}

fn fallback(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl) -> String {
    let what = match ty.made {
        None => return format!("The message `{}`.", ty.full_name()),
        Some(Made::Request) => "The parameters",
        Some(Made::EmptyResponse | Made::ResponseValue) => "The response",
        Some(Made::ItemValue) => "An item of a stream",
    };
    let services = scope.schema().services.iter();
    let mut users = services.flat_map(|service| service.methods.iter().map(move |method| (service, method)));
    let user = users.find(|(_, method)| method.request == id || method.response == id);
    match user {
        Some((service, method)) => format!("{what} of `{}.{}`.", service.name, method.name),
        None => format!("{what} of a method."),
    }
}

/// Name and TypeDef as literals, at the place where templates have them.
pub(super) fn type_info(ty: &TypeDecl, type_def: &[u8]) -> TypeInfo {
    TypeInfo {
        name: literals::string(&ty.full_name()),
        type_def: literals::data(type_def, 12, WIDTH - 1),
    }
}

/// The derives of a message or union.
pub(super) fn derive(scope: &Scope<'_>, id: TypeId, default: bool) -> String {
    let mut traits = vec!["Clone", "Debug"];
    if default {
        traits.push("Default");
    }
    traits.push("PartialEq");
    if scope.generator.facts.is_eq(id) {
        traits.extend(["Eq", "Hash"]);
    }
    format!("#[derive({})]", traits.join(", "))
}

fn uses_deprecated(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Message) -> bool {
    let held = facts::leaves(&ty.kind).into_iter().filter_map(|leaf| match leaf {
        Leaf::Type(held) => Some(held),
        Leaf::Primitive(_) => None,
    });
    any_deprecated(scope.schema(), held.chain([id]))
        || body.fields.iter().any(|field| field.notes.deprecated.is_some())
}

/// How a value of a message is made besides by its literal.
enum Making {
    /// `#[derive(Default)]`.
    Derived,
    /// By a function of ours.
    By(Constructor),
    /// Not at all: too many values are required.
    Literally,
}

fn constructor(scope: &Scope<'_>, id: TypeId, body: &Message) -> Making {
    let required: Vec<&Field> = body.fields.iter().filter(|field| is_required(field)).collect();
    if required.is_empty() && body.fields.iter().all(has_rusts_default) {
        return Making::Derived;
    }
    let value = || {
        let fields = body
            .fields
            .iter()
            .map(|field| initial(scope, id, field))
            .collect();
        Expr::literal("Self", fields).print(8, 8, 0)
    };
    if required.is_empty() {
        return Making::By(Constructor::Default {
            default: scope.std("Default"),
            value: value(),
        });
    }
    if required.len() > MAX_ARGUMENTS {
        return Making::Literally;
    }
    let parameters: Vec<String> = required.iter().map(|field| parameter(scope, field)).collect();
    let head = if required.len() == body.fields.len() {
        "/// Makes a value of all its fields."
    } else {
        "/// Makes a value of what is required; every other field has its default."
    };
    let complex = types::allow_complex(required.iter().any(|field| types::is_complex(&field.ty)));
    Making::By(Constructor::New {
        head: [head, "#[must_use]"]
            .map(str::to_owned)
            .into_iter()
            .chain(complex)
            .collect(),
        signature: signature("pub fn new", &parameters, " -> Self", 4),
        value: value(),
    })
}

fn is_required(field: &Field) -> bool {
    field.default.is_none() && !field.ty.optional
}

/// Whether the field's default is what `#[derive(Default)]` makes.
fn has_rusts_default(field: &Field) -> bool {
    match &field.default {
        None => field.ty.optional,
        Some(Literal::Empty | Literal::Bool(false) | Literal::Int(0)) => {
            field.ty.shape != Shape::Leaf(Leaf::Primitive(Primitive::Decimal))
        }
        Some(Literal::Float(value)) => value.to_bits() == 0,
        Some(Literal::String(text)) => text.is_empty(),
        Some(Literal::Bytes(bytes)) => bytes.is_empty(),
        Some(_) => false,
    }
}

/// A parameter of `new` or of a client's method.
pub(super) fn parameter(scope: &Scope<'_>, field: &Field) -> String {
    let name = names::value(&field.name);
    if is_plain_string(field) {
        return format!("{name}: impl {}<{}>", scope.std("Into"), scope.std("String"));
    }
    format!("{name}: {}", types::value_type(scope, &field.ty))
}

fn is_plain_string(field: &Field) -> bool {
    !field.ty.optional && field.ty.shape == Shape::Leaf(Leaf::Primitive(Primitive::String))
}

/// A field made from the parameter of the same name.
pub(super) fn from_parameter(scope: &Scope<'_>, id: TypeId, field: &Field) -> (String, Option<Expr>) {
    let name = names::value(&field.name);
    if is_plain_string(field) {
        let value = Expr::text(format!("{name}.into()"));
        return (name, Some(value));
    }
    let boxed = matches!(field.ty.shape, Shape::Leaf(leaf) if scope.generator.facts.is_boxed(id, leaf));
    let value = match (boxed, field.ty.optional) {
        (false, _) => return (name, None),
        (true, false) => format!("{}::new({name})", scope.std("Box")),
        (true, true) => format!("{name}.map({}::new)", scope.std("Box")),
    };
    (name, Some(Expr::text(value)))
}

/// The field in the literal of `new` or `default`.
fn initial(scope: &Scope<'_>, id: TypeId, field: &Field) -> (String, Option<Expr>) {
    let value = match &field.default {
        None if field.ty.optional => "None".to_owned(),
        None => return from_parameter(scope, id, field),
        Some(default) => default_value(scope, field, default),
    };
    (names::value(&field.name), Some(Expr::text(value)))
}

fn default_value(scope: &Scope<'_>, field: &Field, default: &Literal) -> String {
    match (&field.ty.shape, default) {
        (Shape::List(_), _) => format!("{}::new()", scope.std("Vec")),
        (Shape::Set(_), _) => format!("{}::new()", scope.std("BTreeSet")),
        (Shape::Map(..), _) => format!("{}::new()", scope.std("BTreeMap")),
        (Shape::Leaf(Leaf::Type(id)), Literal::EnumValue { number, .. }) => scope.enum_value(*id, *number),
        (Shape::Leaf(Leaf::Type(_)), _) => unreachable!("resolve: only enums among types have defaults"),
        (Shape::Leaf(Leaf::Primitive(primitive)), _) => {
            let value = literals::scalar(default, *primitive, scope);
            match (primitive, default) {
                (Primitive::String, Literal::String(text)) if text.is_empty() => {
                    format!("{}::new()", scope.std("String"))
                }
                (Primitive::Binary, Literal::Bytes(bytes)) if bytes.is_empty() => {
                    format!("{}::new()", scope.std("Vec"))
                }
                (Primitive::String, _) => format!("{value}.to_owned()"),
                (Primitive::Binary, _) => format!("{value}.to_vec()"),
                _ => value,
            }
        }
    }
}

fn write(scope: &Scope<'_>, body: &Message, step: &FieldStep) -> String {
    let field = &body.fields[step.index];
    types::write_field(scope, &step.item, &names::value(&field.name), &field.name, 8)
}

fn read(scope: &Scope<'_>, body: &Message, steps: &[FieldStep]) -> String {
    let fields = steps
        .iter()
        .map(|step| {
            let field = &body.fields[step.index];
            (
                names::value(&field.name),
                Some(types::read_field(scope, &step.item, &field.name)),
            )
        })
        .collect();
    // in `Ok(…)`
    Expr::literal("Self", fields).print(8, 11, 1)
}
