//! An alias that stands for something else now is one edit, wherever it is used.

use super::renames::Renames;
use super::{Change, Element, Kind};
use crate::lock::Lock;

/// Replaces the changes that an edit of an alias explains by that edit. Which services each reaches is known already.
pub(super) fn fold(old: &Lock, new: &Lock, renames: &Renames<'_>, changes: &mut Vec<Change>) {
    for (name, now) in &new.aliases {
        let Some(was) = old.aliases.get(name).filter(|was| renames.translate(was) != *now) else {
            continue;
        };
        let explained = |change: &Change| {
            let of_type = matches!(
                change.kind,
                Kind::FieldType
                    | Kind::FieldContainer
                    | Kind::FieldNowOptional
                    | Kind::FieldNowRequired
                    | Kind::CaseType
            );
            match (&change.old, &change.new) {
                (Some(before), Some(after)) if of_type => replaced(before, was, now) == *after,
                _ => false,
            }
        };
        let uses: Vec<Change> = changes.extract_if(.., |change| explained(change)).collect();
        let alias = Element::Alias { alias: name.clone() };
        let mut edit = Change::new(Kind::Alias, alias).from(was).to(now);
        // one that nothing uses changes no contract
        edit.identity = !uses.is_empty();
        edit.verdict = uses
            .iter()
            .map(|change| change.verdict)
            .max()
            .unwrap_or(edit.verdict);
        for change in &uses {
            edit.services.extend(change.services.iter().cloned());
        }
        edit.services.sort_unstable();
        edit.services.dedup();
        if let [first, ..] = uses.as_slice() {
            let more = match uses.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            edit.notes
                .push(format!("it is used by {}{more}", first.element.describe()));
        }
        changes.push(edit);
    }
}

/// The text of a type with one type for another, wherever it stands whole.
fn replaced(ty: &str, from: &str, to: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let mut out = String::with_capacity(ty.len());
    let mut rest = ty;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        out.push_str(before);
        let whole = !out.ends_with(part) && !after.starts_with(part);
        out.push_str(if whole { to } else { from });
        rest = after;
    }
    // a type that is optional already is not so twice
    (out + rest).replace("??", "?")
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn types_are_replaced_whole() {
        assert_eq!(
            replaced("map<string, list<string?>>", "string", "bytes"),
            "map<bytes, list<bytes?>>"
        );
        assert_eq!(replaced("a.string", "string", "bytes"), "a.string");
        assert_eq!(replaced("list<set<int8>>", "set<int8>", "bool"), "list<bool>");
    }
}
