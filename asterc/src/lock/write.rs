//! The facts as the text of `aster.lock`: TOML, sorted, one fact a line.

use super::{Deprecated, Lock, Method, Reach, Requires, Service, Type, VERSION};
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

const HEAD: &str = "\
# Written by `asterc lock`. Keep it under version control: `asterc check --locked` compares the schema with it.
";

impl Lock {
    /// The text of the lock file. Equal facts give equal text.
    pub fn text(&self) -> String {
        let mut out = String::from(HEAD);
        line(&mut out, "lock", plain(VERSION));
        let mut reach = Reach::new(self);
        let lines: Vec<String> = reach.names().iter().map(|name| reached(name)).collect();
        for (name, service) in &self.services {
            service.write_own(&mut out, name);
            out.push_str("types = [\n");
            reach.walk(service);
            reach.places().for_each(|at| out.push_str(&lines[at]));
            out.push_str("]\n");
            service.write_methods(&mut out, name);
        }
        for (name, ty) in &self.types {
            out.push('\n');
            ty.write(&mut out, name);
        }
        for (name, constant) in &self.constants {
            out.push('\n');
            table(&mut out, "constant", name, "");
            line(&mut out, "type", string(&constant.ty));
            line(&mut out, "value", string(&constant.value));
            marks(&mut out, "", constant.deprecated.as_ref(), None);
        }
        if !self.aliases.is_empty() {
            out.push_str("\n[alias]\n");
        }
        for (name, ty) in &self.aliases {
            key(&mut out, name);
            line(&mut out, "", string(ty));
        }
        out
    }
}

/// A line of the list of types that a service reaches.
fn reached(name: &str) -> String {
    let mut line = "    ".to_owned();
    text(&mut line, name);
    line + ",\n"
}

impl Service {
    fn write_own(&self, out: &mut String, name: &str) {
        out.push('\n');
        table(out, "service", name, "");
        line(out, "version", plain(self.version));
        line(out, "contract_id", string(&self.contract_id));
        if self.scope != super::shared() {
            line(out, "scope", string(&self.scope));
        }
        if self.modes != super::xlang() {
            line(out, "modes", list(&self.modes));
        }
        requires(out, self.requires.as_ref());
        marks(out, "", self.deprecated.as_ref(), self.was.as_ref());
    }

    fn write_methods(&self, out: &mut String, name: &str) {
        for (method, facts) in &self.methods {
            let mut rest = ".method.".to_owned();
            key(&mut rest, method);
            out.push('\n');
            table(out, "service", name, &rest);
            facts.write(out);
        }
    }
}

impl Method {
    fn write(&self, out: &mut String) {
        line(out, "shape", string(&self.shape));
        line(out, "request", string(&self.request));
        line(out, "response", string(&self.response));
        if self.idempotent {
            line(out, "idempotent", plain(true));
        }
        if let Some(milliseconds) = self.timeout_ms {
            line(out, "timeout_ms", plain(milliseconds));
        }
        requires(out, self.requires.as_ref());
        marks(out, "", self.deprecated.as_ref(), self.was.as_ref());
    }
}

impl Type {
    /// Its tables, from `[type."full.Name"]` on.
    pub(super) fn write(&self, out: &mut String, name: &str) {
        table(out, "type", name, "");
        line(out, "kind", string(self.kind.name()));
        if let Some(made) = self.made {
            line(out, "made", string(made.name()));
        }
        line(out, "hash", string(&self.hash));
        marks(out, "self.", self.own.deprecated.as_ref(), self.own.was.as_ref());
        if !self.reserved_names.is_empty() {
            line(out, "reserved_names", list(&self.reserved_names));
        }
        if !self.reserved_numbers.is_empty() {
            line(
                out,
                "reserved_numbers",
                plain(format_args!("{:?}", self.reserved_numbers)),
            );
        }
        members(out, name, ".field", &self.fields, |out, ty| text(out, ty));
        members(out, name, ".value", &self.values, |out, number| {
            plain(number)(out);
        });
        members(out, name, ".case", &self.cases, |out, case| {
            _ = write!(out, "{{ number = {}, type = ", case.number);
            text(out, &case.ty);
            out.push_str(" }");
        });
        members(out, name, ".default", &self.defaults, |out, default| {
            text(out, default);
        });
        members(out, name, ".was", &self.was, |out, was| text(out, was));
        members(out, name, ".deprecated", &self.deprecated, note);
    }
}

fn line(out: &mut String, key: &str, value: impl FnOnce(&mut String)) {
    out.push_str(key);
    out.push_str(" = ");
    value(out);
    out.push('\n');
}

/// A number or a word, as it is.
fn plain(value: impl Display) -> impl FnOnce(&mut String) {
    move |out| _ = write!(out, "{value}")
}

fn string(value: &str) -> impl FnOnce(&mut String) {
    move |out| text(out, value)
}

fn list(items: &[String]) -> impl FnOnce(&mut String) {
    move |out| {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            text(out, item);
        }
        out.push(']');
    }
}

/// `[kind."full.Name".rest]`
fn table(out: &mut String, kind: &str, name: &str, rest: &str) {
    out.push('[');
    out.push_str(kind);
    out.push('.');
    key(out, name);
    out.push_str(rest);
    out.push_str("]\n");
}

/// A table of the type with a line for each member; nothing where there are none.
fn members<T>(
    out: &mut String,
    ty: &str,
    rest: &str,
    members: &BTreeMap<String, T>,
    value: impl Fn(&mut String, &T),
) {
    if !members.is_empty() {
        table(out, "type", ty, rest);
    }
    for (name, facts) in members {
        key(out, name);
        out.push_str(" = ");
        value(out, facts);
        out.push('\n');
    }
}

fn requires(out: &mut String, requires: Option<&Requires>) {
    match requires {
        None => {}
        Some(Requires::Role(role)) => line(out, "requires.role", string(role)),
        Some(Requires::AnyOf(roles)) => line(out, "requires.any_of", list(roles)),
        Some(Requires::AllOf(roles)) => line(out, "requires.all_of", list(roles)),
    }
}

/// `@deprecated` and `@was`.
fn marks(out: &mut String, before: &str, deprecated: Option<&Deprecated>, was: Option<&String>) {
    if let Some(deprecated) = deprecated {
        out.push_str(before);
        line(out, "deprecated", |out| note(out, deprecated));
    }
    if let Some(was) = was {
        out.push_str(before);
        line(out, "was", string(was));
    }
}

/// `{ note = "…", since = 2 }`
fn note(out: &mut String, deprecated: &Deprecated) {
    let Deprecated { note, since } = deprecated;
    match (note.as_str(), since) {
        ("", None) => out.push_str("{}"),
        ("", Some(since)) => _ = write!(out, "{{ since = {since} }}"),
        (note, since) => {
            out.push_str("{ note = ");
            text(out, note);
            if let Some(since) = since {
                _ = write!(out, ", since = {since}");
            }
            out.push_str(" }");
        }
    }
}

/// A key: bare where TOML allows that.
fn key(out: &mut String, name: &str) {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(bare) {
        out.push_str(name);
    } else {
        text(out, name);
    }
}

/// A basic string.
fn text(out: &mut String, value: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, c) in value.char_indices() {
        if matches!(c, '"' | '\\') || c.is_control() {
            out.push_str(&value[plain..at]);
            plain = at + c.len_utf8();
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                _ => _ = write!(out, "\\u{:04X}", u32::from(c)),
            }
        }
    }
    out.push_str(&value[plain..]);
    out.push('"');
}
