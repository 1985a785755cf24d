//! Two locks go in; what was edited between them comes out, each edit once, with its two verdicts.
//!
//! Source: the compiler's command line, "Two verdicts for every change".

mod aliases;
mod change;
mod cycles;
mod members;
mod places;
mod renames;
mod render;
mod requires;
mod services;
mod types;

pub use change::{Change, Element, Kind, Verdict};
pub use render::{Side, human, json};

use crate::lock::{Lock, Reach};
use change::Noun;
use cycles::Cycles;
use renames::Renames;
use std::collections::BTreeSet;

/// Everything that differs.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The edits, in the order of the names they are about.
    pub changes: Vec<Change>,
    /// Every service of either side, by the name it has now.
    pub services: Vec<ServiceDrift>,
}

/// What became of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDrift {
    /// Its full name, the new one where it has two.
    pub name: String,
    /// Its contract id before; `None` when it is new.
    pub old: Option<String>,
    /// Its contract id now; `None` when it is gone.
    pub new: Option<String>,
}

impl ServiceDrift {
    /// Whether somebody who has the old contract is refused now.
    pub fn differs(&self) -> bool {
        self.old.is_some() && self.old != self.new
    }
}

impl Report {
    /// Whether a contract id differs: the drift that CI stops at. A service that is new refuses nobody.
    pub fn has_drift(&self) -> bool {
        self.services.iter().any(ServiceDrift::differs)
    }

    /// The edits that lie between two contracts of a service; empty when these are not its old and new one.
    pub fn between(&self, old: &str, new: &str) -> Vec<&Change> {
        let is = |id: &Option<String>, wanted: &str| id.as_deref() == Some(wanted);
        let service = self
            .services
            .iter()
            .find(|service| is(&service.old, old) && is(&service.new, new));
        let Some(service) = service else {
            return Vec::new();
        };
        let reaches = |change: &&Change| change.identity && change.services.contains(&service.name);
        self.changes.iter().filter(reaches).collect()
    }
}

/// Everything that differs between two locks.
pub fn diff(old: &Lock, new: &Lock) -> Report {
    let renames = Renames::find(old, new);
    let mut changes = Vec::new();
    types::compare(old, new, &renames, &mut changes);
    services::compare(old, new, &renames, &mut changes);
    reach(old, new, &renames, &mut changes);
    aliases::fold(old, new, &renames, &mut changes);
    name_methods(new, &mut changes);
    if changes
        .iter()
        .any(|change| change.identity && !change.services.is_empty())
    {
        Cycles::find(new).note(&mut changes);
    }
    changes.sort_by(|left, right| left.element.cmp(&right.element).then(left.kind.cmp(&right.kind)));
    let services = drift(old, new, &renames);
    unexplained(&services, &mut changes);
    Report { changes, services }
}

/// Finds out which services each change of a type reaches.
fn reach(old: &Lock, new: &Lock, renames: &Renames<'_>, changes: &mut [Change]) {
    let is_about = |change: &Change| matches!(change.element, Element::Member { .. } | Element::Type { .. });
    if !changes.iter().any(is_about) {
        return;
    }
    let (mut before, mut after) = (Reach::new(old), Reach::new(new));
    for (name, service) in &new.services {
        let Some((_, earlier)) = renames.old_service(old, name) else {
            continue;
        };
        before.walk(earlier);
        after.walk(service);
        for change in changes.iter_mut() {
            let (Element::Member { ty, .. } | Element::Type { ty }) = &change.element else {
                continue;
            };
            let was = renames.old_type(ty).unwrap_or(ty);
            if after.came_by(ty) || before.came_by(was) {
                change.services.push(name.clone());
            }
        }
    }
}

/// A parameter belongs to a method, though the lock has it as a field of the message that is made.
fn name_methods(new: &Lock, changes: &mut [Change]) {
    for change in changes {
        let Element::Member {
            ty,
            noun: Noun::Parameter,
            ..
        } = &change.element
        else {
            continue;
        };
        let services = new.services.iter();
        let mut methods =
            services.flat_map(|(service, facts)| facts.methods.iter().map(move |method| (service, method)));
        if let Some((service, (method, _))) = methods.find(|(_, (_, facts))| facts.request == *ty) {
            change.notes.push(format!(
                "`{ty}` is made of the parameters of `{method}` of `{service}`"
            ));
        }
    }
}

fn drift(old: &Lock, new: &Lock, renames: &Renames<'_>) -> Vec<ServiceDrift> {
    let mut gone: BTreeSet<&str> = old.services.keys().map(String::as_str).collect();
    let mut services: Vec<ServiceDrift> = new
        .services
        .iter()
        .map(|(name, service)| {
            let earlier = renames.old_service(old, name);
            if let Some((was, _)) = earlier {
                gone.remove(was);
            }
            ServiceDrift {
                name: name.clone(),
                old: earlier.map(|(_, earlier)| earlier.contract_id.clone()),
                new: Some(service.contract_id.clone()),
            }
        })
        .collect();
    services.extend(gone.into_iter().map(|name| ServiceDrift {
        name: name.to_owned(),
        old: Some(old.services[name].contract_id.clone()),
        new: None,
    }));
    services.sort_by(|left, right| left.name.cmp(&right.name));
    services
}

/// An id that differs without an edit that explains it is said to: the lock was not written by this compiler.
fn unexplained(services: &[ServiceDrift], changes: &mut Vec<Change>) {
    for service in services.iter().filter(|service| service.differs()) {
        let explains = |change: &Change| change.identity && change.services.contains(&service.name);
        if !changes.iter().any(explains) {
            changes.push(
                Change::new(
                    Kind::Unexplained,
                    Element::Service {
                        service: service.name.clone(),
                    },
                )
                .of([&service.name])
                .note(
                    "the facts of both sides are the same: the lock file was merged or edited, and `asterc lock` writes it anew",
                ),
            );
        }
    }
}
