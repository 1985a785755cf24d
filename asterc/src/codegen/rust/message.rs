//! Messages: the struct, how it is made, and its codec.

use super::items::any_deprecated;
use super::layout::{Expr, WIDTH, signature};
use super::scope::Scope;
use super::{allow_deprecated, comment, facts, head, literals, names, types};
use crate::codegen::notes::made_for;
use crate::codegen::schema_text;
use crate::codegen::steps::{FieldStep, TypeSteps};
use crate::model::{Field, Literal, Message, TypeDecl};
use aster_contract::graph::{Leaf, Shape, TypeId};
use aster_contract::model::Primitive;
use asterc_templates::rust::{
    Constructor, Field as FieldView, Message as View, MessageCodec, Section, TypeInfo,
};

/// The most values that `new` takes one by one: clippy's `too_many_arguments` warns from eight. More than these nobody
/// tells apart by their places, so `new` takes a struct in which each has its name, and none can be forgotten.
const MAX_ARGUMENTS: usize = 7;

/// The name of the struct that `new` takes, where it takes one.
pub(super) fn init_name(type_name: &str, body: &Message) -> Option<String> {
    let required = body.fields.iter().filter(|field| is_required(field)).count();
    (required > MAX_ARGUMENTS).then(|| format!("{}Init", names::bare(type_name)))
}

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Message) -> Section {
    let TypeSteps::Message(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: a message has the steps of one")
    };
    let fields = body.fields.iter().map(|field| {
        let mut head = head(&field.notes, || field_text(scope, field));
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
    let mut head = head(&ty.notes, || fallback(scope, id, ty));
    head.extend(attributes.iter().cloned());
    head.push(derive(scope, id, derives_default));
    let has_fields = !body.fields.is_empty();
    Section::Message(Box::new(View {
        head,
        attributes,
        name: scope.ty(id),
        fields: fields.collect(),
        constructor: match constructor {
            Making::Derived => None,
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

fn field_text(scope: &Scope<'_>, field: &Field) -> String {
    format!(
        "`{}: {}`",
        field.name,
        schema_text::value(scope.schema(), &field.ty)
    )
}

fn fallback(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl) -> String {
    match ty.made {
        None => format!("The message `{}`.", ty.full_name()),
        Some(made) => made_for(made, id, &scope.generator.users),
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
}

fn constructor(scope: &Scope<'_>, id: TypeId, body: &Message) -> Making {
    let required: Vec<&Field> = body.fields.iter().filter(|field| is_required(field)).collect();
    if required.is_empty() && body.fields.iter().all(has_rusts_default) {
        return Making::Derived;
    }
    let init = init_name(&scope.generator.type_names[id.0 as usize], body);
    let value = || {
        let fields = body
            .fields
            .iter()
            .map(|field| initial(scope, id, field, init.is_some()))
            .collect();
        Expr::literal("Self", fields).print(8, 8, 0)
    };
    if required.is_empty() {
        return Making::By(Constructor::Default {
            default: scope.std("Default"),
            value: value(),
        });
    }
    let head = if required.len() == body.fields.len() {
        "/// Makes a value of all its fields."
    } else {
        "/// Makes a value of what is required; every other field has its default."
    };
    let mut head = vec![head.to_owned(), "#[must_use]".to_owned()];
    if let Some(name) = &init {
        return Making::By(Constructor::Init {
            head,
            fields: required.iter().map(|field| init_field(scope, field)).collect(),
            name: name.clone(),
            value: value(),
        });
    }
    let parameters: Vec<String> = required.iter().map(|field| parameter(scope, field)).collect();
    let complex = required.iter().any(|field| types::is_complex(&field.ty));
    head.extend(types::allow_complex(complex));
    Making::By(Constructor::New {
        head,
        signature: signature("pub fn new", &parameters, " -> Self", 4),
        value: value(),
    })
}

/// A field of the struct that `new` takes.
fn init_field(scope: &Scope<'_>, field: &Field) -> FieldView {
    let mut head = comment("///", &[field_text(scope, field)]);
    head.extend(types::allow_complex(types::is_complex(&field.ty)));
    FieldView {
        head,
        name: names::value(&field.name),
        ty: types::value_type(scope, &field.ty),
    }
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
    let value = boxed(scope, id, field, &name).map(Expr::text);
    (name, value)
}

/// The value in a box, where the field has one.
fn boxed(scope: &Scope<'_>, id: TypeId, field: &Field, value: &str) -> Option<String> {
    let boxed = matches!(field.ty.shape, Shape::Leaf(leaf) if scope.generator.facts.is_boxed(id, leaf));
    boxed.then(|| match field.ty.optional {
        false => format!("{}::new({value})", scope.std("Box")),
        true => format!("{value}.map({}::new)", scope.std("Box")),
    })
}

/// The field in the literal of `new` or `default`; `init` is whether what is required comes in a struct.
fn initial(scope: &Scope<'_>, id: TypeId, field: &Field, init: bool) -> (String, Option<Expr>) {
    let value = match &field.default {
        None if field.ty.optional => "None".to_owned(),
        None if init => {
            let value = format!("init.{}", names::value(&field.name));
            boxed(scope, id, field, &value).unwrap_or(value)
        }
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
