//! Messages, enums, unions and constants.

use super::change::Noun;
use super::members::matched;
use super::renames::Renames;
use super::{Change, Element, Kind, Verdict};
use crate::lock::{Deprecated, Kind as TypeKind, Lock, Made, Type};

/// Adds what differs between the types and constants of two locks.
pub(super) fn compare(old: &Lock, new: &Lock, renames: &Renames<'_>, changes: &mut Vec<Change>) {
    for (name, ty) in &new.types {
        let was = renames.old_type(name).unwrap_or(name);
        let element = || Element::Type { ty: name.clone() };
        match old.types.get(was) {
            // what a method makes is no edit of its own
            None if ty.made.is_some() => {}
            None => changes.push(Change::new(Kind::TypeAdded, element())),
            Some(earlier) if was == name && earlier.says_the_same(ty) => {}
            Some(earlier) => {
                if was != name && ty.made.is_none() {
                    changes.push(Change::new(Kind::TypeRenamed, element()).from(was).to(name));
                }
                compare_type(name, earlier, ty, renames, changes);
            }
        }
    }
    for (name, ty) in &old.types {
        if ty.made.is_none() && !new.types.contains_key(renames.new_type(name)) {
            changes.push(Change::new(Kind::TypeRemoved, Element::Type { ty: name.clone() }));
        }
    }
    compare_constants(old, new, renames, changes);
    drop_consequences(new, changes);
}

/// A default or constant that is told otherwise because its enum's value is called otherwise, or is gone with its enum, is no
/// edit of its own.
fn drop_consequences(new: &Lock, changes: &mut Vec<Change>) {
    let mut renamed = Vec::new();
    let mut no_enums = Vec::new();
    for change in changes.iter() {
        match (&change.element, change.kind) {
            (Element::Member { ty, .. }, Kind::ValueRenamed) => {
                renamed.push((ty.clone(), change.old.clone(), change.new.clone()));
            }
            (Element::Type { ty }, Kind::TypeKind) => no_enums.push(ty.clone()),
            _ => {}
        }
    }
    if renamed.is_empty() && no_enums.is_empty() {
        return;
    }
    changes.retain(|change| {
        let ty = match (&change.element, change.kind) {
            (Element::Member { ty, member, .. }, Kind::DefaultValue | Kind::DefaultRemoved) => {
                new.types.get(ty).and_then(|ty| ty.fields.get(member))
            }
            (Element::Constant { constant }, Kind::ConstantValue) => {
                new.constants.get(constant).map(|constant| &constant.ty)
            }
            _ => None,
        };
        let Some(ty) = ty else { return true };
        let as_renamed = |(of, was, is): &(String, Option<String>, Option<String>)| {
            of == ty && *was == change.old && *is == change.new
        };
        !renamed.iter().any(as_renamed) && !no_enums.contains(ty)
    });
}

fn compare_constants(old: &Lock, new: &Lock, renames: &Renames<'_>, changes: &mut Vec<Change>) {
    for (name, constant) in &new.constants {
        let change = |kind| {
            Change::new(
                kind,
                Element::Constant {
                    constant: name.clone(),
                },
            )
        };
        let Some(earlier) = old.constants.get(name) else {
            changes.push(change(Kind::ConstantAdded));
            continue;
        };
        if renames.translate(&earlier.ty) != constant.ty {
            changes.push(change(Kind::ConstantType).from(&earlier.ty).to(&constant.ty));
        } else if earlier.value != constant.value {
            changes.push(
                change(Kind::ConstantValue)
                    .from(&earlier.value)
                    .to(&constant.value),
            );
        }
        let was = (earlier.deprecated.as_ref(), constant.deprecated.as_ref());
        changes.extend(deprecation(was.0, was.1, change(Kind::Deprecation)));
    }
    let gone = old
        .constants
        .keys()
        .filter(|name| !new.constants.contains_key(*name));
    changes.extend(gone.map(|name| {
        let constant = name.clone();
        Change::new(Kind::ConstantRemoved, Element::Constant { constant })
    }));
}

/// What a change of `@deprecated` is, when it is one.
pub(super) fn deprecation(
    old: Option<&Deprecated>,
    new: Option<&Deprecated>,
    change: Change,
) -> Option<Change> {
    if old == new {
        return None;
    }
    let text = |deprecated: &Deprecated| match deprecated.since {
        Some(since) => format!("{} (since {since})", deprecated.note),
        None => deprecated.note.clone(),
    };
    Some(Change {
        old: old.map(text),
        new: new.map(text),
        ..change
    })
}

/// The heaviest verdict of what differs between two types that stand in for each other.
pub(super) fn verdict_between(old: &Type, new: &Type, renames: &Renames<'_>) -> Verdict {
    let mut changes = Vec::new();
    compare_type("", old, new, renames, &mut changes);
    let verdicts = changes
        .iter()
        .filter(|change| change.identity)
        .map(|change| change.verdict);
    verdicts.max().unwrap_or(Verdict::Nothing)
}

fn compare_type(name: &str, old: &Type, new: &Type, renames: &Renames<'_>, changes: &mut Vec<Change>) {
    let element = || Element::Type { ty: name.to_owned() };
    if old.kind != new.kind {
        let article = if old.kind == TypeKind::Message { "a" } else { "an" };
        let article = if old.kind == TypeKind::Union { "a" } else { article };
        changes.push(
            Change::new(Kind::TypeKind, element())
                .from(format!("{article} {}", old.kind.name()))
                .to(new.kind.name()),
        );
        return;
    }
    let mut compare = Members {
        ty: name,
        old,
        new,
        renames,
        changes,
    };
    match new.kind {
        TypeKind::Message => compare.fields(),
        TypeKind::Enum => compare.values(),
        TypeKind::Union => compare.cases(),
    }
    let own = (old.own.deprecated.as_ref(), new.own.deprecated.as_ref());
    changes.extend(deprecation(
        own.0,
        own.1,
        Change::new(Kind::Deprecation, element()),
    ));
    let reserved = |ty: &Type| {
        let names = ty.reserved_names.iter().map(|name| format!("\"{name}\""));
        let numbers = ty.reserved_numbers.iter().map(i32::to_string);
        numbers.chain(names).collect::<Vec<_>>().join(", ")
    };
    if reserved(old) != reserved(new) {
        let (was, is) = (reserved(old), reserved(new));
        changes.push(Change::new(Kind::Reserved, element()).from(was).to(is));
    }
}

struct Members<'a> {
    ty: &'a str,
    old: &'a Type,
    new: &'a Type,
    renames: &'a Renames<'a>,
    changes: &'a mut Vec<Change>,
}

impl Members<'_> {
    fn change(&self, kind: Kind, member: &str) -> Change {
        let noun = match self.new.kind {
            TypeKind::Message if self.new.made == Some(Made::Request) => Noun::Parameter,
            TypeKind::Message => Noun::Field,
            TypeKind::Enum => Noun::Value,
            TypeKind::Union => Noun::Case,
        };
        let (ty, member) = (self.ty.to_owned(), member.to_owned());
        Change::new(kind, Element::Member { ty, member, noun })
    }

    fn fields(&mut self) {
        let (old, new) = (self.old, self.new);
        let fields = matched(
            &old.fields,
            &new.fields,
            |name| new.was.get(name).map(String::as_str),
            |_| None,
        );
        let renamed = self.perhaps_renamed(&fields.gone, &fields.added);
        for ((was, earlier), (name, ty)) in fields.both {
            if was != name {
                let change = self.change(Kind::FieldRenamed, name).from(was).to(name);
                self.changes.push(change);
            }
            // what the default of another type is, is no edit of its own
            if !self.field_type(name, earlier, ty) {
                self.field_default(was, name);
            }
            self.deprecated(was, name);
        }
        for (name, ty) in fields.added {
            let safe = ty.ends_with('?') || new.defaults.contains_key(name);
            let kind = if safe {
                Kind::FieldAdded
            } else {
                Kind::FieldAddedRequired
            };
            let text = match new.defaults.get(name) {
                Some(default) => format!("{ty} = {default}"),
                None => ty.clone(),
            };
            let mut change = self.change(kind, name).to(text);
            change
                .notes
                .extend(renamed.iter().filter(|(_, is)| *is == name).map(advice));
            self.changes.push(change);
        }
        for (name, ty) in fields.gone {
            let mut change = self.change(Kind::FieldRemoved, name).from(ty);
            change
                .notes
                .extend(renamed.iter().filter(|(was, _)| *was == name).map(advice));
            self.changes.push(change);
        }
    }

    /// Fields that went, each with the one that may be it: the only one of its type that came.
    fn perhaps_renamed<'a>(
        &self,
        gone: &[(&'a str, &'a String)],
        added: &[(&'a str, &'a String)],
    ) -> Vec<(&'a str, &'a str)> {
        let types: Vec<String> = gone.iter().map(|(_, ty)| self.renames.translate(ty)).collect();
        let only = |ty: &String| types.iter().filter(|other| *other == ty).count() == 1;
        let pairs = gone.iter().zip(&types).filter_map(|((was, _), ty)| {
            let mut fitting = added.iter().filter(|(_, added)| *added == ty);
            match (fitting.next(), fitting.next()) {
                (Some((is, _)), None) if only(ty) => Some((*was, *is)),
                _ => None,
            }
        });
        pairs.collect()
    }

    /// Tells whether it differs.
    fn field_type(&mut self, name: &str, old: &str, new: &str) -> bool {
        let translated = self.renames.translate(old);
        if translated == new {
            return false;
        }
        let (bare_old, bare_new) = (translated.trim_end_matches('?'), new.trim_end_matches('?'));
        let kind = match (bare_old == bare_new, container(bare_old) == container(bare_new)) {
            (true, _) if new.ends_with('?') => Kind::FieldNowOptional,
            (true, _) => Kind::FieldNowRequired,
            (_, false) => Kind::FieldContainer,
            _ => Kind::FieldType,
        };
        let change = self.change(kind, name).from(old).to(new);
        self.changes.push(change);
        true
    }

    fn field_default(&mut self, was: &str, name: &str) {
        let (old, new) = (self.old.defaults.get(was), self.new.defaults.get(name));
        let kind = match (old, new) {
            (Some(old), Some(new)) if old != new => Kind::DefaultValue,
            (Some(_), None) => Kind::DefaultRemoved,
            (None, Some(_)) => Kind::DefaultAdded,
            _ => return,
        };
        let mut change = self.change(kind, name);
        change.old = old.cloned();
        change.new = new.cloned();
        self.changes.push(change);
    }

    fn deprecated(&mut self, was: &str, name: &str) {
        let (old, new) = (self.old.deprecated.get(was), self.new.deprecated.get(name));
        let change = deprecation(old, new, self.change(Kind::Deprecation, name));
        self.changes.extend(change);
    }

    fn values(&mut self) {
        let (old, new) = (self.old, self.new);
        let was = |name: &str| new.was.get(name).map(String::as_str);
        let values = matched(&old.values, &new.values, was, |number| Some(*number));
        for ((was, earlier), (name, number)) in values.both {
            if was != name {
                let change = self.change(Kind::ValueRenamed, name).from(was).to(name);
                self.changes.push(change);
            }
            if earlier != number {
                let change = self.change(Kind::ValueNumber, name);
                self.changes
                    .push(change.from(earlier.to_string()).to(number.to_string()));
            }
            self.deprecated(was, name);
        }
        for (name, number) in values.added {
            let change = self.change(Kind::ValueAdded, name).to(number.to_string());
            self.changes
                .push(change.note("readers with the old contract have no answer for it"));
        }
        for (name, number) in values.gone {
            let change = self.change(Kind::ValueRemoved, name).from(number.to_string());
            self.changes.push(change);
        }
    }

    fn cases(&mut self) {
        let (old, new) = (self.old, self.new);
        let was = |name: &str| new.was.get(name).map(String::as_str);
        let cases = matched(&old.cases, &new.cases, was, |case| Some(case.number));
        for ((was, earlier), (name, case)) in cases.both {
            if was != name {
                let change = self.change(Kind::CaseRenamed, name).from(was).to(name);
                self.changes.push(change);
            }
            if earlier.number != case.number {
                let change = self.change(Kind::CaseNumber, name);
                self.changes.push(
                    change
                        .from(earlier.number.to_string())
                        .to(case.number.to_string()),
                );
            }
            if self.renames.translate(&earlier.ty) != case.ty {
                let change = self.change(Kind::CaseType, name).from(&earlier.ty).to(&case.ty);
                self.changes.push(change);
            }
            self.deprecated(was, name);
        }
        for (name, case) in cases.added {
            let change = self.change(Kind::CaseAdded, name).to(&case.ty);
            self.changes
                .push(change.note("readers with the old contract have no answer for it"));
        }
        for (name, case) in cases.gone {
            let change = self.change(Kind::CaseRemoved, name).from(&case.ty);
            self.changes.push(change);
        }
    }
}

/// What a type is in, outermost first: `map<string, list<a.B>>` is `map`, `list`.
fn container(ty: &str) -> Vec<&str> {
    let heads = ty.split(['<', ',', ' ', '>', '?']);
    heads
        .filter(|word| matches!(*word, "list" | "set" | "map"))
        .collect()
}

/// Advice where one member went and another came.
fn advice((was, is): &(&str, &str)) -> String {
    format!(
        "if `{is}` is `{was}` under another name, say so: `@was(\"{was}\")` makes it one change, which is adaptable"
    )
}
