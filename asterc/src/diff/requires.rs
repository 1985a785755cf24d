//! Who may call, before and after.

use crate::lock::Requires;
use std::collections::BTreeSet;

/// What a change does to callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// Somebody who was let in is refused.
    pub(super) tightened: bool,
    /// Somebody who was refused is let in.
    pub(super) loosened: bool,
}

impl Effect {
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            tightened: self.tightened || other.tightened,
            loosened: self.loosened || other.loosened,
        }
    }
}

/// The effect of a change from all of `old` to all of `new`.
pub(super) fn effect(old: &[Option<&Requires>], new: &[Option<&Requires>]) -> Effect {
    Effect {
        tightened: !implies(old, new),
        loosened: !implies(new, old),
    }
}

/// Whether everybody who satisfies all of `left` satisfies all of `right`.
fn implies(left: &[Option<&Requires>], right: &[Option<&Requires>]) -> bool {
    /// Callers are tried out, one for each set of roles, up to so many roles.
    const TRIED: usize = 12;
    let all = left.iter().chain(right).flatten();
    let roles: Vec<&str> = all
        .flat_map(|requires| roles(requires))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if roles.len() > TRIED {
        let covers = |wanted: &Requires| left.iter().flatten().any(|has| covers(has, wanted));
        return right.iter().flatten().all(|wanted| covers(wanted));
    }
    (0..1_u32 << roles.len()).all(|caller| {
        let has = |role: &str| {
            let at = roles.iter().position(|known| *known == role);
            at.is_some_and(|at| caller & 1 << at != 0)
        };
        let admitted =
            |all: &[Option<&Requires>]| all.iter().flatten().all(|requires| admits(requires, &has));
        !admitted(left) || admitted(right)
    })
}

fn admits(requires: &Requires, has: &impl Fn(&str) -> bool) -> bool {
    match requires {
        Requires::Role(role) => has(role),
        Requires::AnyOf(roles) => roles.iter().any(|role| has(role)),
        Requires::AllOf(roles) => roles.iter().all(|role| has(role)),
    }
}

/// Whether one requirement alone implies another: enough for the long lists nobody writes by hand.
fn covers(left: &Requires, right: &Requires) -> bool {
    let (has, wanted) = (roles(left), roles(right));
    match (left, right) {
        (Requires::AnyOf(_), Requires::AnyOf(_) | Requires::Role(_)) => {
            has.iter().all(|role| wanted.contains(role))
        }
        (Requires::AnyOf(_), Requires::AllOf(_)) => has == wanted && has.len() == 1,
        (_, Requires::AnyOf(_)) => has.iter().any(|role| wanted.contains(role)),
        _ => wanted.iter().all(|role| has.contains(role)),
    }
}

fn roles(requires: &Requires) -> Vec<&str> {
    match requires {
        Requires::Role(role) => vec![role],
        Requires::AnyOf(roles) | Requires::AllOf(roles) => roles.iter().map(String::as_str).collect(),
    }
}

/// As people read it.
pub(super) fn text(requires: Option<&Requires>) -> String {
    match requires {
        None => "anybody".to_owned(),
        Some(Requires::Role(role)) => format!("role {role}"),
        Some(Requires::AnyOf(roles)) => format!("any of {}", roles.join(", ")),
        Some(Requires::AllOf(roles)) => format!("all of {}", roles.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(role: &str) -> Requires {
        Requires::Role(role.to_owned())
    }

    fn any(roles: &[&str]) -> Requires {
        Requires::AnyOf(roles.iter().map(|role| (*role).to_owned()).collect())
    }

    fn all(roles: &[&str]) -> Requires {
        Requires::AllOf(roles.iter().map(|role| (*role).to_owned()).collect())
    }

    fn of(old: Option<&Requires>, new: Option<&Requires>) -> (bool, bool) {
        let effect = effect(&[old], &[new]);
        (effect.tightened, effect.loosened)
    }

    #[test]
    fn a_requirement_is_tightened_or_loosened_by_whom_it_lets_in() {
        let (a, b) = (role("a"), role("b"));
        assert_eq!(of(None, Some(&a)), (true, false));
        assert_eq!(of(Some(&a), None), (false, true));
        assert_eq!(of(Some(&a), Some(&b)), (true, true));
        assert_eq!(of(Some(&a), Some(&any(&["a", "b"]))), (false, true));
        assert_eq!(of(Some(&a), Some(&all(&["a", "b"]))), (true, false));
        assert_eq!(
            of(Some(&any(&["a", "b"])), Some(&all(&["a", "b"]))),
            (true, false)
        );
        assert_eq!(of(Some(&a), Some(&any(&["a"]))), (false, false));
    }

    #[test]
    fn long_lists_are_compared_too() {
        let names: Vec<String> = (0..40).map(|n| format!("r{n:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(of(Some(&any(&names)), Some(&any(&names[1..]))), (true, false));
        assert_eq!(of(Some(&all(&names)), Some(&all(&names[1..]))), (false, true));
        assert_eq!(of(Some(&all(&names)), Some(&any(&names))), (false, true));
    }

    #[test]
    fn what_a_service_requires_counts_for_its_methods() {
        let (a, b) = (role("a"), role("b"));
        let moved = effect(&[None, Some(&a)], &[Some(&a), None]);
        assert_eq!(moved, Effect::default());
        let narrower = effect(&[Some(&a), Some(&b)], &[Some(&a), None]);
        assert!(narrower.loosened && !narrower.tightened);
    }
}
