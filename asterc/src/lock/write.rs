//! The facts as the text of `aster.lock`: TOML, sorted, one fact a line.

use super::{Deprecated, Lock, Method, Own, Reach, Requires, Service, Type, VERSION};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "\
# Written by `asterc lock`. Keep it under version control: `asterc check --locked` compares the schema with it.
";

impl Lock {
    /// The text of the lock file. Equal facts give equal text.
    pub fn text(&self) -> String {
        let mut out = String::from(HEAD);
        let _ = writeln!(out, "lock = {VERSION}");
        let mut reach = Reach::new(self);
        for (name, service) in &self.services {
            service.write(&mut out, name, &reach.of(service));
        }
        for (name, ty) in &self.types {
            let _ = writeln!(out, "\n[type.{}]", Key(name));
            ty.write(&mut out);
        }
        for (name, constant) in &self.constants {
            let _ = writeln!(out, "\n[constant.{}]", Key(name));
            line(&mut out, "type", Text(&constant.ty));
            line(&mut out, "value", Text(&constant.value));
            deprecated(&mut out, "deprecated", constant.deprecated.as_ref());
        }
        out
    }
}

impl Service {
    fn write(&self, out: &mut String, name: &str, types: &[&str]) {
        let _ = writeln!(out, "\n[service.{}]", Key(name));
        line(out, "version", self.version);
        line(out, "contract_id", Text(&self.contract_id));
        if self.scope != super::shared() {
            line(out, "scope", Text(&self.scope));
        }
        if self.modes != super::xlang() {
            line(out, "modes", List(&self.modes));
        }
        requires(out, self.requires.as_ref());
        deprecated(out, "deprecated", self.deprecated.as_ref());
        if let Some(was) = &self.was {
            line(out, "was", Text(was));
        }
        out.push_str("types = [\n");
        for ty in types {
            let _ = writeln!(out, "    {},", Text(ty));
        }
        out.push_str("]\n");
        for (method, facts) in &self.methods {
            let _ = writeln!(out, "\n[service.{}.method.{}]", Key(name), Key(method));
            facts.write(out);
        }
    }
}

impl Method {
    fn write(&self, out: &mut String) {
        line(out, "shape", Text(&self.shape));
        line(out, "request", Text(&self.request));
        line(out, "response", Text(&self.response));
        if self.idempotent {
            line(out, "idempotent", true);
        }
        if let Some(milliseconds) = self.timeout_ms {
            line(out, "timeout_ms", milliseconds);
        }
        requires(out, self.requires.as_ref());
        deprecated(out, "deprecated", self.deprecated.as_ref());
        if let Some(was) = &self.was {
            line(out, "was", Text(was));
        }
    }
}

impl Type {
    fn write(&self, out: &mut String) {
        line(out, "kind", Text(self.kind.name()));
        if let Some(made) = self.made {
            line(out, "made", Text(made.name()));
        }
        line(out, "hash", Text(&self.hash));
        let Own { deprecated: own, was } = &self.own;
        deprecated(out, "self.deprecated", own.as_ref());
        if let Some(was) = was {
            line(out, "self.was", Text(was));
        }
        members(out, "field", &self.fields, |out, ty| print(out, Text(ty)));
        members(out, "value", &self.values, |out, number| print(out, number));
        members(out, "case", &self.cases, |out, case| {
            print(
                out,
                format_args!("{{ number = {}, type = {} }}", case.number, Text(&case.ty)),
            );
        });
        members(out, "default", &self.defaults, |out, default| {
            print(out, Text(default));
        });
        members(out, "was", &self.was, |out, was| print(out, Text(was)));
        for (member, facts) in &self.deprecated {
            deprecated(out, &format!("deprecated.{}", Key(member)), Some(facts));
        }
        if !self.reserved_names.is_empty() {
            line(out, "reserved_names", List(&self.reserved_names));
        }
        if !self.reserved_numbers.is_empty() {
            line(
                out,
                "reserved_numbers",
                format_args!("{:?}", self.reserved_numbers),
            );
        }
    }
}

fn line(out: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{key} = {value}");
}

fn print(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

/// `field.name = value` for each member.
fn members<T>(out: &mut String, key: &str, members: &BTreeMap<String, T>, value: impl Fn(&mut String, &T)) {
    for (name, facts) in members {
        let _ = write!(out, "{key}.{} = ", Key(name));
        value(out, facts);
        out.push('\n');
    }
}

fn requires(out: &mut String, requires: Option<&Requires>) {
    match requires {
        None => {}
        Some(Requires::Role(role)) => line(out, "requires.role", Text(role)),
        Some(Requires::AnyOf(roles)) => line(out, "requires.any_of", List(roles)),
        Some(Requires::AllOf(roles)) => line(out, "requires.all_of", List(roles)),
    }
}

fn deprecated(out: &mut String, key: &str, deprecated: Option<&Deprecated>) {
    let Some(Deprecated { note, since }) = deprecated else {
        return;
    };
    let mut facts = Vec::new();
    if !note.is_empty() {
        facts.push(format!("note = {}", Text(note)));
    }
    facts.extend(since.map(|since| format!("since = {since}")));
    match facts.as_slice() {
        [] => line(out, key, "{}"),
        facts => line(out, key, format_args!("{{ {} }}", facts.join(", "))),
    }
}

/// A key: bare where TOML allows that.
struct Key<'a>(&'a str);

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !self.0.is_empty() && self.0.bytes().all(bare) {
            f.write_str(self.0)
        } else {
            Text(self.0).fmt(f)
        }
    }
}

/// A basic string.
struct Text<'a>(&'a str);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        let mut plain = 0;
        for (at, c) in self.0.char_indices() {
            let escaped = matches!(c, '"' | '\\') || c.is_control();
            if escaped {
                f.write_str(&self.0[plain..at])?;
                plain = at + c.len_utf8();
                match c {
                    '"' | '\\' => write!(f, "\\{c}")?,
                    _ => write!(f, "\\u{:04X}", u32::from(c))?,
                }
            }
        }
        f.write_str(&self.0[plain..])?;
        f.write_char('"')
    }
}

/// An array of strings on one line.
struct List<'a>(&'a [String]);

impl std::fmt::Display for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let items: Vec<String> = self.0.iter().map(|item| Text(item).to_string()).collect();
        write!(f, "[{}]", items.join(", "))
    }
}
