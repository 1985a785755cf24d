//! Which name of one side is which name of the other.

use crate::lock::{Kind, Lock, Method, Service, Type, names};
use std::collections::BTreeMap;

/// What was renamed. A name that both sides have is never in it.
#[derive(Default)]
pub(super) struct Renames<'a> {
    /// Types: new names by old ones.
    types: BTreeMap<&'a str, &'a str>,
    /// Types: old names by new ones.
    old_types: BTreeMap<&'a str, &'a str>,
    /// Services: old names by new ones.
    services: BTreeMap<&'a str, &'a str>,
}

impl<'a> Renames<'a> {
    /// By `@was`; then what differs in nothing but its name.
    pub(super) fn find(old: &'a Lock, new: &'a Lock) -> Self {
        let mut renames = Self::default();
        renames.find_services(old, new);
        for (name, ty) in &new.types {
            if let Some(was) = &ty.own.was
                && !old.types.contains_key(name)
                && let Some((was, _)) = old.types.get_key_value(&beside(name, was))
            {
                renames.add_type(new, was, name);
            }
        }
        renames.find_made(old, new);
        while renames.find_alike(old, new) {}
        renames
    }

    /// The name that an old type has now.
    pub(super) fn new_type(&self, old: &'a str) -> &'a str {
        self.types.get(old).copied().unwrap_or(old)
    }

    /// The name that a new type had, when it was another.
    pub(super) fn old_type(&self, new: &str) -> Option<&'a str> {
        self.old_types.get(new).copied()
    }

    /// What a service of the new side was on the old one.
    pub(super) fn old_service<'b>(&self, old: &'b Lock, new: &str) -> Option<(&'b str, &'b Service)> {
        let name = self.services.get(new).copied().unwrap_or(new);
        let (name, service) = old.services.get_key_value(name)?;
        Some((name, service))
    }

    /// The text of an old type with the names that types have now.
    pub(super) fn translate(&self, ty: &str) -> String {
        let mut out = ty.to_owned();
        let mut renamed: Vec<(&str, &str)> = names(ty)
            .filter_map(|name| Some((name, *self.types.get(name)?)))
            .collect();
        renamed.dedup();
        for (old, new) in renamed {
            out = replace_name(&out, old, new);
        }
        out
    }

    fn add_type(&mut self, new: &Lock, was: &'a str, is: &'a str) {
        let taken =
            new.types.contains_key(was) || self.types.contains_key(was) || self.old_types.contains_key(is);
        if !taken {
            self.types.insert(was, is);
            self.old_types.insert(is, was);
        }
    }

    fn find_services(&mut self, old: &'a Lock, new: &'a Lock) {
        let gone = |name: &str| old.services.contains_key(name) && !new.services.contains_key(name);
        for (name, service) in new
            .services
            .iter()
            .filter(|(name, _)| !old.services.contains_key(*name))
        {
            let by_mark = service
                .was
                .as_ref()
                .map(|was| beside(name, was))
                .filter(|was| gone(was));
            // a service in another package keeps its contract id
            let simple = |name: &str| name.rsplit('.').next().map(str::to_owned);
            let moved = || {
                let mut same = old.services.iter().filter(|(was, earlier)| {
                    gone(was) && simple(was) == simple(name) && earlier.contract_id == service.contract_id
                });
                same.next().map(|(was, _)| was.clone())
            };
            if let Some(was) = by_mark.or_else(moved)
                && let Some((was, _)) = old.services.get_key_value(&was)
                && !self.services.values().any(|taken| taken == was)
            {
                self.services.insert(name, was);
            }
        }
    }

    /// Messages that methods make are renamed with their methods.
    fn find_made(&mut self, old: &'a Lock, new: &'a Lock) {
        for (name, service) in &new.services {
            let Some((_, earlier)) = self.old_service(old, name) else {
                continue;
            };
            for (method, facts) in &service.methods {
                let Some((_, earlier)) = old_method(earlier, service, method) else {
                    continue;
                };
                for (was, is) in [
                    (&earlier.request, &facts.request),
                    (&earlier.response, &facts.response),
                ] {
                    let made = |lock: &Lock, name: &str| lock.types.get(name).and_then(|ty| ty.made);
                    let both = made(old, was).is_some() && made(old, was) == made(new, is);
                    if both && was != is && !old.types.contains_key(is) {
                        self.add_type(new, was, is);
                    }
                }
            }
        }
    }

    /// Pairs types of which only one is gone and only one is new that say the same. Tells whether there were any: they may
    /// make others alike.
    fn find_alike(&mut self, old: &'a Lock, new: &'a Lock) -> bool {
        let mut alike: BTreeMap<String, (Vec<&'a str>, Vec<&'a str>)> = BTreeMap::new();
        for (name, ty) in old
            .types
            .iter()
            .filter(|(name, _)| !new.types.contains_key(*name))
        {
            if !self.types.contains_key(name.as_str()) && has_members(ty) {
                alike
                    .entry(self.signature(name, ty, true))
                    .or_default()
                    .0
                    .push(name);
            }
        }
        if alike.is_empty() {
            return false;
        }
        for (name, ty) in new
            .types
            .iter()
            .filter(|(name, _)| !old.types.contains_key(*name))
        {
            if !self.old_types.contains_key(name.as_str()) && has_members(ty) {
                alike
                    .entry(self.signature(name, ty, false))
                    .or_default()
                    .1
                    .push(name);
            }
        }
        let mut found = false;
        for (gone, added) in alike.into_values() {
            if let ([was], [is]) = (gone.as_slice(), added.as_slice()) {
                self.add_type(new, was, is);
                found = true;
            }
        }
        found
    }

    /// Everything a type says but its name; types of the old side with their new names.
    fn signature(&self, name: &str, ty: &Type, old: bool) -> String {
        let mut out = format!("{:?}{:?}", ty.kind, ty.made);
        let mut text = |member: &str, ty: &str| {
            let ty = if old { self.translate(ty) } else { ty.to_owned() };
            let ty = replace_name(&ty, name, "self");
            out.push_str(&format!(";{member}:{ty}"));
        };
        ty.fields.iter().for_each(|(member, ty)| text(member, ty));
        ty.values
            .iter()
            .for_each(|(member, number)| text(member, &number.to_string()));
        ty.cases
            .iter()
            .for_each(|(member, case)| text(member, &format!("{} = {}", case.ty, case.number)));
        out
    }
}

/// What says nothing looks like everything that says nothing; what methods make goes with them.
fn has_members(ty: &Type) -> bool {
    let members = ty.fields.len() + ty.values.len() + ty.cases.len();
    members > 0 && (ty.kind != Kind::Message || ty.made.is_none())
}

/// The full name of what was called `was` and is called `name` now.
fn beside(name: &str, was: &str) -> String {
    match name.rsplit_once('.') {
        Some((package, _)) if !was.contains('.') => format!("{package}.{was}"),
        _ => was.to_owned(),
    }
}

/// What a method of a service was on the old side.
pub(super) fn old_method<'a>(
    earlier: &'a Service,
    now: &Service,
    method: &str,
) -> Option<(&'a str, &'a Method)> {
    if let Some((name, facts)) = earlier.methods.get_key_value(method) {
        return Some((name, facts));
    }
    let was = now.methods.get(method)?.was.as_ref()?;
    let (name, facts) = earlier.methods.get_key_value(was)?;
    (!now.methods.contains_key(was)).then_some((name, facts))
}

/// The text of a type with one name for another.
fn replace_name(ty: &str, from: &str, to: &str) -> String {
    let boundary = |c: char| matches!(c, '<' | '>' | ',' | ' ' | '?');
    let mut out = String::with_capacity(ty.len());
    let mut rest = ty;
    loop {
        let end = rest.find(boundary).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(if word == from { to } else { word });
        let Some(mark) = after.chars().next() else {
            return out;
        };
        out.push(mark);
        rest = &after[mark.len_utf8()..];
    }
}

#[cfg(test)]
mod tests {
    use super::replace_name;

    #[test]
    fn names_are_replaced_whole() {
        assert_eq!(
            replace_name("map<a.B, list<a.B?>>", "a.B", "c.D"),
            "map<c.D, list<c.D?>>"
        );
        assert_eq!(replace_name("a.Bc", "a.B", "c.D"), "a.Bc");
        assert_eq!(replace_name("a.b.C", "b.C", "X"), "a.b.C");
    }
}
