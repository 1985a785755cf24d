//! Where in a message a function is: what it keeps for the path of an error.

use super::body::Body;
use super::layout::{call, text};
use super::literals;
use crate::codegen::steps::{Item, Step};

/// The variables of a function from which its `catch` takes the path.
pub(super) struct Path {
    /// The variable, or the only name there is.
    field: String,
    /// How many containers are inside each other.
    depth: usize,
    /// Whether an element of a set has a place.
    sets: bool,
    /// How many of the variables for them may have a value.
    used: usize,
    started: bool,
}

impl Path {
    /// For fields with these values: one variable for their names, and one for each level of containers; `sets` says whether
    /// an element of a set has a place.
    pub(super) fn of_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Item)>, sets: bool) -> Self {
        let mut names = Vec::new();
        let mut depth = 0;
        for (name, item) in fields {
            names.push(name);
            depth = depth.max(levels(&item.step, sets));
        }
        Self {
            field: match names.as_slice() {
                [only] => literals::string(only),
                _ => "field".to_owned(),
            },
            depth,
            sets,
            used: 0,
            started: false,
        }
    }

    /// For the cases of a union.
    pub(super) fn of_cases() -> Self {
        Self {
            field: "field".to_owned(),
            depth: 0,
            sets: false,
            used: 0,
            started: false,
        }
    }

    /// Begins the function; `first` is the field it begins with, or none.
    pub(super) fn begin(&mut self, body: &mut Body, first: &str) {
        if self.field == "field" {
            body.line(format!("let field = {};", literals::string(first)));
        }
        for level in 0..self.depth {
            body.line(format!("let {}: v1.At;", at(level)));
        }
        body.open("try {");
    }

    /// Says that another field follows; the first is the one that the function begins with.
    pub(super) fn field(&mut self, body: &mut Body, name: &str) {
        if self.started && self.field == "field" {
            body.line(format!("field = {};", literals::string(name)));
        }
        for level in 0..self.used {
            body.line(format!("{} = undefined;", at(level)));
        }
        self.started = true;
        self.used = 0;
    }

    /// Says which element or entry of the container at `level` follows, which may be a container itself.
    pub(super) fn element(&mut self, body: &mut Body, level: usize, value: &str, inner: &Step) {
        body.line(format!("{} = {value};", at(level)));
        self.used = self.used.max(level + 1);
        if levels(inner, self.sets) > 0 {
            body.line(format!("{} = undefined;", at(level + 1)));
        }
    }

    /// Ends the function.
    pub(super) fn end(&self, body: &mut Body) {
        body.next("} catch (error) {");
        let levels = (0..self.depth).map(|level| text(at(level)));
        let arguments = [text("error"), text(&self.field)].into_iter().chain(levels);
        body.statement(call("throw v1.within", arguments));
        body.close("}");
    }
}

/// The variable for the containers at a level.
fn at(level: usize) -> String {
    format!("where{}", suffix(level))
}

/// What stands behind the name of a variable in containers at a level.
pub(super) fn suffix(level: usize) -> String {
    if level == 0 {
        String::new()
    } else {
        level.to_string()
    }
}

/// How many containers are inside each other.
fn levels(step: &Step, sets: bool) -> usize {
    match step {
        Step::List(element) => 1 + levels(&element.step, sets),
        Step::Set(_) => usize::from(sets),
        Step::Map(_, held) => 1 + levels(&held.step, sets),
        Step::Scalar(_) | Step::Enum(_) | Step::Message(_) | Step::Union(_) => 0,
    }
}
