//! Services and their methods.

use super::members::matched;
use super::renames::Renames;
use super::requires::{self, Effect};
use super::types::{deprecation, verdict_between};
use super::{Change, Element, Kind, Verdict};
use crate::lock::{Lock, Made, Method, Requires, Service};

/// Adds what differs between the services of two locks.
pub(super) fn compare(old: &Lock, new: &Lock, renames: &Renames<'_>, changes: &mut Vec<Change>) {
    let mut found: Vec<&str> = Vec::new();
    for (name, service) in &new.services {
        let element = Element::Service {
            service: name.clone(),
        };
        match renames.old_service(old, name) {
            None => changes.push(Change::new(Kind::ServiceAdded, element).of([name])),
            Some((was, earlier)) => {
                found.push(was);
                let mut compare = Compare {
                    locks: (old, new),
                    renames,
                    name,
                    services: (earlier, service),
                    changes,
                };
                compare.service(was);
                compare.methods();
            }
        }
    }
    for name in old.services.keys().filter(|name| !found.contains(&name.as_str())) {
        let element = Element::Service {
            service: name.clone(),
        };
        changes.push(
            Change::new(Kind::ServiceRemoved, element)
                .of([name])
                .note("clients that have its contract are answered NOT_FOUND"),
        );
    }
}

struct Compare<'a> {
    locks: (&'a Lock, &'a Lock),
    renames: &'a Renames<'a>,
    name: &'a String,
    services: (&'a Service, &'a Service),
    changes: &'a mut Vec<Change>,
}

impl Compare<'_> {
    fn add(&mut self, change: Change) {
        self.changes.push(change.of([self.name]));
    }

    fn service(&mut self, was: &str) {
        let (old, new) = self.services;
        let change = |kind| {
            let service = self.name.clone();
            Change::new(kind, Element::Service { service })
        };
        let mut found = Vec::new();
        if was != self.name {
            let mut renamed = change(Kind::ServiceRenamed).from(was).to(self.name);
            renamed.identity = old.contract_id != new.contract_id;
            found.push(renamed.note("a peer looks it up by its full name"));
        }
        if old.version != new.version {
            let (was, is) = (old.version.to_string(), new.version.to_string());
            found.push(change(Kind::Version).from(was).to(is));
        }
        if old.scope != new.scope {
            found.push(change(Kind::Scope).from(&old.scope).to(&new.scope));
        }
        if old.modes != new.modes {
            let (was, is) = (old.modes.join(", "), new.modes.join(", "));
            found.push(change(Kind::Modes).from(was).to(is));
        }
        if old.requires != new.requires {
            let effect = self.effect_on_all();
            let (was, is) = (old.requires.as_ref(), new.requires.as_ref());
            found.push(requires_changed(change(Kind::Requires), was, is, effect));
        }
        let marks = (old.deprecated.as_ref(), new.deprecated.as_ref());
        found.extend(deprecation(marks.0, marks.1, change(Kind::Deprecation)));
        found.into_iter().for_each(|change| self.add(change));
    }

    /// What the service's own `@requires` does, seen from its methods.
    fn effect_on_all(&self) -> Effect {
        let (old, new) = self.services;
        let own = requires::effect(&[old.requires.as_ref()], &[new.requires.as_ref()]);
        let methods = new.methods.iter().filter_map(|(name, now)| {
            let (_, earlier) = super::renames::old_method(old, new, name)?;
            Some(requires::effect(
                &[old.requires.as_ref(), earlier.requires.as_ref()],
                &[new.requires.as_ref(), now.requires.as_ref()],
            ))
        });
        methods.reduce(Effect::or).unwrap_or(own)
    }

    fn methods(&mut self) {
        let (old, new) = self.services;
        let was = |name: &str| new.methods.get(name).and_then(|method| method.was.as_deref());
        let methods = matched(&old.methods, &new.methods, was, |_| None);
        for ((was, earlier), (name, now)) in methods.both {
            self.method(was, earlier, name, now);
        }
        for (name, _) in methods.added {
            let change = self.change(Kind::MethodAdded, name);
            self.add(change);
        }
        for (name, _) in methods.gone {
            let change = self.change(Kind::MethodRemoved, name);
            self.add(change);
        }
    }

    fn change(&self, kind: Kind, method: &str) -> Change {
        let (service, method) = (self.name.clone(), method.to_owned());
        Change::new(kind, Element::Method { service, method })
    }

    fn method(&mut self, was: &str, old: &Method, name: &str, new: &Method) {
        if was != name {
            self.add(self.change(Kind::MethodRenamed, name).from(was).to(name));
        }
        if old.shape != new.shape {
            self.add(
                self.change(Kind::MethodShape, name)
                    .from(&old.shape)
                    .to(&new.shape),
            );
        }
        self.side(Kind::RequestReplaced, name, &old.request, &new.request);
        self.side(Kind::ResponseReplaced, name, &old.response, &new.response);
        self.parameters(name, old, new);
        if old.timeout_ms != new.timeout_ms {
            let text = |timeout: Option<u64>| timeout.map_or("none".to_owned(), |ms| format!("{ms} ms"));
            let (was, is) = (text(old.timeout_ms), text(new.timeout_ms));
            self.add(self.change(Kind::Timeout, name).from(was).to(is));
        }
        if old.idempotent != new.idempotent {
            let change = self.change(Kind::Idempotent, name);
            self.add(if new.idempotent {
                change.to("idempotent")
            } else {
                change
                    .from("idempotent")
                    .note("it is dropped: clients do not repeat such a call by themselves any more")
            });
        }
        if old.requires != new.requires {
            let (before, after) = self.services;
            let effect = requires::effect(
                &[before.requires.as_ref(), old.requires.as_ref()],
                &[after.requires.as_ref(), new.requires.as_ref()],
            );
            let change = self.change(Kind::Requires, name);
            let (was, is) = (old.requires.as_ref(), new.requires.as_ref());
            self.add(requires_changed(change, was, is, effect));
        }
        let marks = (old.deprecated.as_ref(), new.deprecated.as_ref());
        if let Some(change) = deprecation(marks.0, marks.1, self.change(Kind::Deprecation, name)) {
            self.add(change);
        }
    }

    /// A request or response that is another message: as the two compare.
    fn side(&mut self, kind: Kind, method: &str, old: &str, new: &str) {
        let (before, after) = self.locks;
        if self.renames.translate(old) == new {
            return;
        }
        let verdict = match (before.types.get(old), after.types.get(new)) {
            (Some(was), Some(is)) => verdict_between(was, is, self.renames),
            _ => Verdict::Manual,
        };
        let change = self.change(kind, method).from(old).to(new);
        let verdict = verdict.max(kind.verdict());
        self.add(change.verdict(verdict));
    }

    /// The same message, but the generated code takes it apart differently.
    fn parameters(&mut self, method: &str, old: &Method, new: &Method) {
        let (before, after) = self.locks;
        let made =
            |lock: &Lock, name: &str| lock.types.get(name).and_then(|ty| ty.made) == Some(Made::Request);
        if self.renames.translate(&old.request) != new.request {
            return;
        }
        match (made(before, &old.request), made(after, &new.request)) {
            (true, false) => self.add(self.change(Kind::Parameters, method).from("parameters")),
            (false, true) => self.add(self.change(Kind::Parameters, method).to("parameters")),
            _ => {}
        }
    }
}

fn requires_changed(
    change: Change,
    old: Option<&Requires>,
    new: Option<&Requires>,
    effect: Effect,
) -> Change {
    let mut change = change.from(requires::text(old)).to(requires::text(new));
    if effect.tightened {
        change = change.note("it is tightened: callers that were let in are refused now");
    }
    if effect.loosened {
        change.security = Some("it is loosened: callers that were refused are let in now".to_owned());
    }
    change
}
