//! Which member of a type, or method, is which: by name, by `@was`, by number.

use std::collections::BTreeMap;

/// A member's name and what is known of it.
type Named<'a, T> = (&'a str, &'a T);

/// How the members of two sides correspond.
pub(super) struct Matched<'a, T> {
    /// Old and new, the names may differ.
    pub(super) both: Vec<(Named<'a, T>, Named<'a, T>)>,
    pub(super) gone: Vec<Named<'a, T>>,
    pub(super) added: Vec<Named<'a, T>>,
}

/// Matches by name, then by what `was` tells of the new ones, then by number where there are numbers.
pub(super) fn matched<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
    was: impl Fn(&str) -> Option<&'a str>,
    number: impl Fn(&T) -> Option<i32>,
) -> Matched<'a, T> {
    let mut gone: BTreeMap<&str, &T> = old
        .iter()
        .filter(|(name, _)| !new.contains_key(*name))
        .map(|(name, facts)| (name.as_str(), facts))
        .collect();
    let mut both = Vec::new();
    let mut added = Vec::new();
    for (name, facts) in new {
        if let Some((earlier, earlier_facts)) = old.get_key_value(name) {
            both.push(((earlier.as_str(), earlier_facts), (name.as_str(), facts)));
            continue;
        }
        let marked = was(name).and_then(|was| gone.remove_entry(was));
        match marked {
            Some(earlier) => both.push((earlier, (name.as_str(), facts))),
            None => added.push((name.as_str(), facts)),
        }
    }
    let mut left = Vec::new();
    for (name, facts) in added {
        let same = number(facts).and_then(|wanted| {
            let found = gone.iter().find(|(_, facts)| number(facts) == Some(wanted));
            found.map(|(name, _)| *name)
        });
        match same.and_then(|was| gone.remove_entry(was)) {
            Some(earlier) => both.push((earlier, (name, facts))),
            None => left.push((name, facts)),
        }
    }
    Matched {
        both,
        gone: gone.into_iter().collect(),
        added: left,
    }
}
