//! Attributes as they were written go in; what they say, checked, comes out.

use super::errors;
use super::scope::Scopes;
use crate::ast::{Argument, Attribute, Expression, Marks, Name, Value};
use crate::model::{Deprecated, ForeignAttribute, Literal, Notes, Requires};
use crate::source::Span;
use aster_contract::model::{CapabilityKind, Scope};

/// What an attribute stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Type,
    Service,
    Alias,
    Constant,
    Field,
    Parameter,
    EnumValue,
    Case,
    Method,
}

impl Target {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Type => "a type",
            Self::Service => "a service",
            Self::Alias => "an alias",
            Self::Constant => "a constant",
            Self::Field => "a field",
            Self::Parameter => "a parameter",
            Self::EnumValue => "an enum value",
            Self::Case => "a case",
            Self::Method => "a method",
        }
    }
}

/// Everything attributes can say. What does not apply to the target is never set.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) notes: Notes,
    pub(super) version: Option<i32>,
    pub(super) scope: Option<Scope>,
    pub(super) requires: Option<Requires>,
    pub(super) modes: Option<Vec<String>>,
    pub(super) idempotent: bool,
    pub(super) timeout_ms: Option<u64>,
    pub(super) request_name: Option<Name>,
    pub(super) response_name: Option<Name>,
}

const KNOWN: [&str; 9] = [
    "version",
    "scope",
    "requires",
    "serialization",
    "idempotent",
    "timeout",
    "names",
    "deprecated",
    "was",
];

fn applies(name: &str, target: Target) -> bool {
    match name {
        "version" | "scope" | "serialization" => target == Target::Service,
        "requires" => matches!(target, Target::Service | Target::Method),
        "idempotent" | "timeout" | "names" => target == Target::Method,
        "was" => !matches!(target, Target::Alias | Target::Constant),
        _ => true,
    }
}

fn owners(name: &str) -> &'static str {
    match name {
        "version" | "scope" | "serialization" => "services",
        "requires" => "services and methods",
        "idempotent" | "timeout" | "names" => "methods",
        _ => "fields, types, services, methods, enum values and cases",
    }
}

impl<'a> Scopes<'a> {
    /// Checks the attributes of one item.
    pub(super) fn attributes(&mut self, unit: usize, marks: &'a Marks, owner: &Name, target: Target) -> Said {
        let mut said = Said {
            notes: Notes {
                docs: marks.docs.clone(),
                ..Notes::default()
            },
            ..Said::default()
        };
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for attribute in &marks.attributes {
            let name = attribute.name.text.as_str();
            if name.contains('.') {
                let foreign = self.foreign(unit, attribute);
                said.notes.foreign.push(foreign);
                continue;
            }
            let Some(&known) = KNOWN.iter().find(|known| **known == name) else {
                let fitting = KNOWN.into_iter().filter(|known| applies(known, target));
                self.problems.push(errors::unknown_attribute(
                    &attribute.name,
                    fitting.chain(KNOWN),
                    target,
                ));
                continue;
            };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == name) {
                self.problems
                    .push(errors::repeated_attribute(attribute.span, *first, name));
                continue;
            }
            seen.push((name, attribute.span));
            if !applies(name, target) {
                self.problems.push(errors::misplaced_attribute(
                    attribute.span,
                    name,
                    target.noun(),
                    owners(name),
                ));
                continue;
            }
            said.notes.attributes.push((known, attribute.span));
            self.attribute(unit, attribute, owner, &mut said);
        }
        said
    }

    fn attribute(&mut self, unit: usize, attribute: &'a Attribute, owner: &Name, said: &mut Said) {
        match attribute.name.text.as_str() {
            "version" => {
                if let Some(value) = self.single(attribute, "@version(2)") {
                    let number = self.integer(unit, value, "@version(2)");
                    said.version = number.and_then(|number| {
                        let version = i32::try_from(number).ok();
                        if version.is_none() {
                            self.problems.push(errors::version_range(value.span));
                        }
                        version
                    });
                }
            }
            "scope" => {
                if let Some(value) = self.single(attribute, "@scope(session)") {
                    said.scope = match &value.value {
                        Value::Path(word) if word == "shared" => Some(Scope::Shared),
                        Value::Path(word) if word == "session" => Some(Scope::Session),
                        _ => {
                            self.problems
                                .push(errors::not_one_of(value, "scope", &["shared", "session"]));
                            None
                        }
                    };
                }
            }
            "serialization" => said.modes = self.modes(attribute),
            "requires" => said.requires = self.requires(unit, attribute),
            "idempotent" => {
                for argument in &attribute.arguments {
                    self.problems
                        .push(errors::no_arguments(argument.span, "idempotent"));
                }
                said.idempotent = true;
            }
            "timeout" => {
                if let Some(value) = self.single(attribute, "@timeout(5s)") {
                    said.timeout_ms = self.timeout(unit, value);
                }
            }
            "names" => self.names(unit, attribute, said),
            "deprecated" => said.notes.deprecated = Some(Box::new(self.deprecated(unit, attribute))),
            _ => {
                if let Some(value) = self.single(attribute, "@was(\"old_name\")") {
                    said.notes.was = self.was(unit, value, owner);
                }
            }
        }
    }

    /// The one argument of an attribute that takes one without a name.
    fn single(&mut self, attribute: &'a Attribute, form: &str) -> Option<&'a Expression> {
        let name = &attribute.name.text;
        match attribute.arguments.as_slice() {
            [
                Argument {
                    name: None, value, ..
                },
            ] => Some(value),
            [] => {
                self.problems
                    .push(errors::missing_argument(attribute.span, name, form));
                None
            }
            [
                Argument {
                    name: Some(argument),
                    value,
                    ..
                },
            ] => {
                self.problems
                    .push(errors::named_argument(argument, value.span, name, form));
                None
            }
            [_, second, ..] => {
                self.problems
                    .push(errors::extra_argument(second.span, name, form));
                None
            }
        }
    }

    /// Arguments by name; others are reported, with `form` as the way to write it.
    fn arguments_by_name<const N: usize>(
        &mut self,
        attribute: &'a Attribute,
        names: [&str; N],
        form: &str,
    ) -> [Option<&'a Expression>; N] {
        let mut values = [None; N];
        let mut spans: [Option<Span>; N] = [None; N];
        for argument in &attribute.arguments {
            let Some(name) = &argument.name else {
                self.problems.push(errors::unnamed_argument(
                    argument.span,
                    &attribute.name.text,
                    &names,
                    form,
                ));
                continue;
            };
            match names.iter().position(|known| *known == name.text) {
                None => self
                    .problems
                    .push(errors::unknown_argument(name, &attribute.name.text, &names)),
                Some(at) => match spans[at] {
                    Some(first) => self
                        .problems
                        .push(errors::repeated_argument(name.span, first, &name.text)),
                    None => {
                        spans[at] = Some(name.span);
                        values[at] = Some(&argument.value);
                    }
                },
            }
        }
        values
    }

    fn evaluate(&mut self, unit: usize, value: &'a Expression) -> Option<Literal> {
        match &value.value {
            Value::Path(path) => self.constant_literal(unit, path, value.span),
            _ => self.plain(unit, value),
        }
    }

    fn string(&mut self, unit: usize, value: &'a Expression, form: &str) -> Option<String> {
        if let Value::Path(path) = &value.value {
            // A bare word is more often a string without quotes than a constant.
            if !path.contains('.') && self.is_missing(unit, path) {
                self.problems
                    .push(errors::argument_kind(value, "a string in quotes", form));
                return None;
            }
        }
        match self.evaluate(unit, value)? {
            Literal::String(text) => Some(text),
            _ => {
                self.problems
                    .push(errors::argument_kind(value, "a string in quotes", form));
                None
            }
        }
    }

    fn is_missing(&self, unit: usize, path: &'a str) -> bool {
        matches!(self.look_up(unit, path), super::scope::Lookup::Missing) && !self.is_excused(unit, path)
    }

    fn integer(&mut self, unit: usize, value: &'a Expression, form: &str) -> Option<i128> {
        match self.evaluate(unit, value)? {
            Literal::Int(number) => Some(number),
            _ => {
                self.problems
                    .push(errors::argument_kind(value, "an integer", form));
                None
            }
        }
    }

    fn timeout(&mut self, unit: usize, value: &'a Expression) -> Option<u64> {
        match self.evaluate(unit, value)? {
            Literal::Duration { milliseconds } => match u64::try_from(milliseconds) {
                Ok(milliseconds) if milliseconds > 0 => Some(milliseconds),
                _ => {
                    self.problems.push(errors::timeout_not_positive(value.span));
                    None
                }
            },
            _ => {
                self.problems.push(errors::argument_kind(
                    value,
                    "a duration such as `5s` or `1m30s`",
                    "@timeout(5s)",
                ));
                None
            }
        }
    }

    fn modes(&mut self, attribute: &'a Attribute) -> Option<Vec<String>> {
        if attribute.arguments.is_empty() {
            self.problems.push(errors::empty_list(
                attribute.span,
                "serialization",
                "mode",
                "@serialization(xlang)",
            ));
            return None;
        }
        let mut modes: Vec<String> = Vec::new();
        for argument in &attribute.arguments {
            match (&argument.name, &argument.value.value) {
                (None, Value::Path(mode)) if mode == "xlang" || mode == "json" => {
                    if modes.contains(mode) {
                        self.problems.push(errors::repeated_mode(argument.span, mode));
                    } else {
                        modes.push(mode.clone());
                    }
                }
                (None, _) => self.problems.push(errors::not_one_of(
                    &argument.value,
                    "serialization mode",
                    &["xlang", "json"],
                )),
                (Some(name), _) => {
                    let form = "@serialization(xlang, json)";
                    self.problems.push(errors::named_argument(
                        name,
                        argument.value.span,
                        "serialization",
                        form,
                    ));
                }
            }
        }
        Some(modes)
    }

    fn requires(&mut self, unit: usize, attribute: &'a Attribute) -> Option<Requires> {
        const FORM: &str = "@requires(role: \"admin\")";
        let before = self.problems.len();
        let [role, any_of, all_of] = self.arguments_by_name(attribute, ["role", "any_of", "all_of"], FORM);
        if self.problems.len() > before {
            return None;
        }
        let (kind, value) = match (role, any_of, all_of) {
            (Some(value), None, None) => (CapabilityKind::Role, value),
            (None, Some(value), None) => (CapabilityKind::AnyOf, value),
            (None, None, Some(value)) => (CapabilityKind::AllOf, value),
            (None, None, None) => {
                self.problems
                    .push(errors::missing_argument(attribute.span, "requires", FORM));
                return None;
            }
            _ => {
                self.problems.push(errors::requires_exactly_one(attribute.span));
                return None;
            }
        };
        let items = match (&value.value, kind) {
            (Value::Invalid, _) => return None,
            (_, CapabilityKind::Role) => std::slice::from_ref(value),
            (Value::List(items), _) if items.is_empty() => {
                self.problems.push(errors::empty_list(
                    value.span,
                    "requires",
                    "role",
                    "any_of: [\"admin\"]",
                ));
                return None;
            }
            (Value::List(items), _) => items.as_slice(),
            _ => {
                let form = "@requires(any_of: [\"admin\", \"auditor\"])";
                self.problems
                    .push(errors::argument_kind(value, "a list of roles", form));
                return None;
            }
        };
        let mut roles: Vec<String> = Vec::new();
        for item in items {
            let Some(role) = self.string(unit, item, FORM) else {
                continue;
            };
            let role = crate::parse::nfc(&role);
            if let Some(why) = bad_role(&role) {
                self.problems.push(errors::invalid_role(item.span, &role, why));
            } else if roles.contains(&role) {
                self.problems.push(errors::repeated_role(item.span, &role));
            } else {
                roles.push(role);
            }
        }
        Some(Requires { kind, roles })
    }

    fn names(&mut self, unit: usize, attribute: &'a Attribute, said: &mut Said) {
        const FORM: &str = "@names(request: \"GetUserRequest\", response: \"GetUserResponse\")";
        let before = self.problems.len();
        let [request, response] = self.arguments_by_name(attribute, ["request", "response"], FORM);
        if request.is_none() && response.is_none() && self.problems.len() == before {
            self.problems
                .push(errors::missing_argument(attribute.span, "names", FORM));
        }
        let mut name = |value: Option<&'a Expression>| {
            let value = value?;
            let text = crate::parse::nfc(&self.string(unit, value, FORM)?);
            if !is_identifier(&text)
                || super::scope::is_keyword(&text)
                || super::scope::primitive(&text).is_some()
            {
                self.problems
                    .push(errors::invalid_name(value.span, &text, "the name of a message"));
                return None;
            }
            Some(Name {
                text,
                span: value.span,
            })
        };
        said.request_name = name(request);
        said.response_name = name(response);
    }

    fn deprecated(&mut self, unit: usize, attribute: &'a Attribute) -> Deprecated {
        const FORM: &str = "@deprecated(note: \"use Other\", since: 2)";
        let [note, since] = self.arguments_by_name(attribute, ["note", "since"], FORM);
        let note = note
            .and_then(|value| self.string(unit, value, FORM))
            .unwrap_or_default();
        let since = since.and_then(|value| {
            let number = self.integer(unit, value, FORM)?;
            let since = i64::try_from(number).ok();
            if since.is_none() {
                self.problems
                    .push(errors::argument_kind(value, "an integer of 64 bits", FORM));
            }
            since
        });
        Deprecated { note, since }
    }

    fn was(&mut self, unit: usize, value: &'a Expression, owner: &Name) -> Option<String> {
        let text = crate::parse::nfc(&self.string(unit, value, "@was(\"old_name\")")?);
        if !is_identifier(&text) {
            self.problems
                .push(errors::invalid_name(value.span, &text, "an earlier name"));
            return None;
        }
        if text == owner.text {
            self.problems.push(errors::was_itself(value.span, &text));
            return None;
        }
        Some(text)
    }

    fn foreign(&mut self, unit: usize, attribute: &'a Attribute) -> ForeignAttribute {
        let mut arguments = Vec::new();
        for argument in &attribute.arguments {
            let name = argument
                .name
                .as_ref()
                .map(|name| name.text.clone())
                .unwrap_or_default();
            if let Some(literal) = self.evaluate(unit, &argument.value) {
                arguments.push((name, literal));
            }
        }
        ForeignAttribute {
            name: attribute.name.text.clone(),
            arguments,
        }
    }

    /// A literal without a type of its own. Lists nest no deeper than brackets may.
    fn plain(&mut self, unit: usize, expression: &'a Expression) -> Option<Literal> {
        Some(match &expression.value {
            Value::Int(integer) => match integer.value() {
                Some(value) => Literal::Int(value),
                None => {
                    self.problems.push(errors::integer_too_large(expression.span));
                    return None;
                }
            },
            Value::Float(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Literal::Float(value),
                _ => {
                    self.problems.push(errors::integer_too_large(expression.span));
                    return None;
                }
            },
            Value::Duration(Some(milliseconds)) => Literal::Duration {
                milliseconds: *milliseconds,
            },
            Value::Duration(None) => {
                self.problems.push(errors::integer_too_large(expression.span));
                return None;
            }
            Value::String(text) => Literal::String(text.clone()),
            Value::Bool(value) => Literal::Bool(*value),
            Value::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.push(self.evaluate(unit, item)?);
                }
                Literal::List(list)
            }
            Value::EmptyMap => Literal::Empty,
            Value::Path(_) | Value::Invalid => return None,
        })
    }
}

/// Why it is no role: a role is `[^\s,]{1,128}`.
fn bad_role(role: &str) -> Option<&'static str> {
    if role.is_empty() {
        return Some("it is empty");
    }
    if role.chars().any(|c| c.is_whitespace() || c == ',') {
        return Some("it has a blank or a comma");
    }
    (role.chars().count() > 128).then_some("it is longer than 128 characters")
}

/// Whether a text in quotes could be a name.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
}
