//! Where in a message a function is: what it keeps for the path of an error.

use super::body::Body;
use super::literals;
use crate::codegen::steps::{Item, Step};

/// The variables of a function from which its `catch` takes the path.
pub(super) struct Path {
    /// The variable, or the only name there is.
    field: String,
    /// How many containers are inside each other.
    depth: usize,
    /// How many of the variables for them may have a value.
    used: usize,
    started: bool,
}

impl Path {
    /// For fields with these values: one variable for their names, and one for each level of containers.
    pub(super) fn of_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Item)>) -> Self {
        let mut names = Vec::new();
        let mut depth = 0;
        for (name, item) in fields {
            names.push(name);
            depth = depth.max(levels(&item.step));
        }
        Self {
            field: match names.as_slice() {
                [only] => literals::string(only),
                _ => "field".to_owned(),
            },
            depth,
            used: 0,
            started: false,
        }
    }

    /// For the cases of a union.
    pub(super) fn of_cases() -> Self {
        Self {
            field: "field".to_owned(),
            depth: 0,
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
        if levels(inner) > 0 {
            body.line(format!("{} = undefined;", at(level + 1)));
        }
    }

    /// Ends the function.
    pub(super) fn end(&self, body: &mut Body) {
        body.next("} catch (error) {");
        let levels = (0..self.depth).map(|level| format!(", {}", at(level)));
        let levels: String = levels.collect();
        body.line(format!("throw v1.within(error, {}{levels});", self.field));
        body.close("}");
    }
}

/// The variable for the containers at a level.
fn at(level: usize) -> String {
    format!("at{}", suffix(level))
}

/// What stands behind the name of a variable in containers at a level.
pub(super) fn suffix(level: usize) -> String {
    if level == 0 { String::new() } else { level.to_string() }
}

/// How many containers are inside each other.
fn levels(step: &Step) -> usize {
    match step {
        Step::List(element) => 1 + levels(&element.step),
        Step::Set(_) => 1,
        Step::Map(_, held) => 1 + levels(&held.step),
        Step::Scalar(_) | Step::Enum(_) | Step::Message(_) | Step::Union(_) => 0,
    }
}
