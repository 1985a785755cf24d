//! The beginning of the declaration of a codec.

use super::layout::{WIDTH, concat, generic, print, text, width};
use super::scope::Scope;
use aster_contract::graph::TypeId;

/// Code up to a brace, how much deeper what is inside stands, and what ends it.
pub(super) struct Head {
    pub(super) open: String,
    pub(super) deep: usize,
    pub(super) close: &'static str,
}

/// `export const Name: v1.kind<Name, NameInit> = /* @__PURE__ */ v1.function({`.
pub(super) fn of_codec(scope: &Scope<'_>, kind: &str, function: &str, id: TypeId) -> Head {
    let name = scope.ty(id);
    let written = scope.written(id);
    let mut arguments = vec![text(&name)];
    if written != name {
        arguments.push(text(written));
    }
    let ty = generic(format!("export const {name}: v1.{kind}"), arguments);
    new(
        &print(&concat([ty, text(" =")]), 0),
        &format!("/* @__PURE__ */ v1.{function}"),
    )
}

/// `declaration function({`. As `prettier` has it: the function goes to the next line where the line is too long.
pub(super) fn new(declaration: &str, function: &str) -> Head {
    let line = format!("{declaration} {function}(");
    if declaration.contains('\n') || width(&line) < WIDTH {
        Head {
            open: line + "{",
            deep: 0,
            close: "});",
        }
    } else if width(&line) == WIDTH {
        Head {
            open: line + "\n  {",
            deep: 2,
            close: "  },\n);",
        }
    } else {
        Head {
            open: format!("{declaration}\n  {function}({{"),
            deep: 2,
            close: "  });",
        }
    }
}
