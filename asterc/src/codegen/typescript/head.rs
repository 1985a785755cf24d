//! The beginning of the declaration of a codec.

use super::layout::{WIDTH, generic, print, text, width};
use super::scope::Scope;
use aster_contract::graph::TypeId;

/// `export const Name: v1.kind<Name, NameInit> = /* @__PURE__ */ v1.function({`, and how much deeper what follows stands.
/// As `prettier` has it: the value goes to the next line where that is enough, else the type is broken.
pub(super) fn of(scope: &Scope<'_>, kind: &str, function: &str, id: TypeId) -> (String, usize) {
    let name = scope.ty(id);
    let written = scope.written(id);
    let mut arguments = vec![text(&name)];
    if written != name {
        arguments.push(text(written));
    }
    let ty = generic(format!("export const {name}: v1.{kind}"), arguments);
    let value = format!("/* @__PURE__ */ v1.{function}({{");
    let line = print(&ty, 0);
    let is_broken = line.contains('\n') || width(&line) + " =".len() > WIDTH;
    if is_broken || width(&line) + " = ".len() + width(&value) <= WIDTH {
        (format!("{line} = {value}"), 0)
    } else {
        (format!("{line} =\n  {value}"), 2)
    }
}
