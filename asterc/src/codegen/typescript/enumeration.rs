//! Enums: an object of numbers, the type of these, and what the runtime knows of them.

use super::layout::{assigned_call, object, on_its_own_line, print, text};
use super::scope::Scope;
use super::{literals, names, tsdoc};
use crate::codegen::numbers::integer;
use crate::codegen::steps::TypeSteps;
use crate::model::{Enum, TypeDecl};
use aster_contract::graph::TypeId;
use asterc_templates::typescript::{Enumeration, Member, Section};

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Enum) -> Section {
    let TypeSteps::Enum(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: an enum has the steps of one")
    };
    let name = scope.ty(id);
    let docs = tsdoc::or(&ty.notes, || format!("The enum `{}`.", ty.full_name()));
    let values = body.values.iter().map(|value| {
        let docs = tsdoc::of(&value.notes);
        Member {
            docs: (!docs.is_empty()).then(|| tsdoc::print(&docs, 2)),
            code: format!(
                "{}: {},",
                names::constant(&value.name),
                integer(i128::from(value.number))
            ),
        }
    });
    // the names that are not those of the schema
    let converted = body.values.iter().filter_map(|value| {
        let name = names::constant(&value.name);
        (name != value.name).then(|| text(format!("{name}: {}", literals::string(&value.name))))
    });
    let converted: Vec<_> = converted.collect();
    let of_values = text(format!("(typeof {name})[keyof typeof {name}]"));
    let ty_name = on_its_own_line(&format!("export type {name} ="), of_values, ";");
    let info = assigned_call(
        &format!("export const {name}$: v1.EnumType<{name}>"),
        &format!("/* @__PURE__ */ v1.enumeration<{name}>"),
        [
            text(literals::string(&ty.full_name())),
            text(literals::base64(&steps.type_def)),
            text(&name),
        ]
        .into_iter()
        .chain((!converted.is_empty()).then(|| object(converted))),
    );
    Section::Enum(Enumeration {
        docs: tsdoc::print(&docs, 0),
        values: values.collect(),
        ty: print(&ty_name, 0),
        type_docs: tsdoc::print(&[format!("A value of `{name}`.")], 0),
        info_docs: tsdoc::print(&[format!("Names and checks the values of `{name}`.")], 0),
        info: print(&info, 0),
        name,
    })
}
