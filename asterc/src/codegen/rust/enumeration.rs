//! Enums.

use super::items::any_deprecated;
use super::layout::Expr;
use super::scope::Scope;
use super::{allow_deprecated, head, literals, message, names};
use crate::codegen::steps::TypeSteps;
use crate::model::{Enum, TypeDecl};
use aster_contract::graph::TypeId;
use asterc_templates::rust::{Enum as View, EnumValue, Section};

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Enum) -> Section {
    let TypeSteps::Enum(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: an enum has the steps of one")
    };
    let values = body.values.iter().map(|value| EnumValue {
        head: head(&value.notes, || format!("`{} = {}`", value.name, value.number)),
        name: names::variant(&value.name),
        wire_name: literals::string(&value.name),
        number: literals::integer(i128::from(value.number)),
    });
    let all = steps
        .numbers
        .iter()
        .map(|(_, index)| format!("Self::{}", names::variant(&body.values[*index].name)))
        .collect();
    let uses_deprecated = any_deprecated(scope.schema(), [id])
        || body.values.iter().any(|value| value.notes.deprecated.is_some());
    Section::Enum(View {
        head: head(&ty.notes, || format!("The enum `{}`.", ty.full_name())),
        attributes: allow_deprecated(uses_deprecated),
        name: scope.ty(id),
        values: values.collect(),
        all: Expr::Array(all).print(4, "    pub const ALL: &'static [Self] = ".len(), 1),
        v1: scope.v1_path(),
        fmt: scope.extern_path("std::fmt"),
        from_str: scope.extern_path("std::str::FromStr"),
        result: scope.std("Result"),
        option: format!("{}<Self>", scope.std("Option")),
        info: message::type_info(ty, &steps.type_def),
    })
}
