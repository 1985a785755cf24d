//! Types of which no finite value exists.

use super::errors;
use super::members::Drafts;
use super::scope::{DeclId, Scopes};
use crate::ast::{Kind, Type};
use crate::model::TypeKind;
use aster_contract::graph::{Leaf, Shape, Value};

impl Scopes<'_> {
    /// Reports each cycle of required fields once. Linear, and without recursion: a cycle may have 100,000 types.
    pub(super) fn check_infinite_types(&mut self, drafts: &Drafts) {
        let finite = finite_types(drafts);
        // Every type that is not finite has a way on to another one that is not.
        let mut next: Vec<Option<(usize, String)>> = vec![None; drafts.types.len()];
        for (at, draft) in drafts.types.iter().enumerate() {
            if !finite[at] {
                next[at] = draft.as_ref().and_then(|draft| {
                    needs(&draft.kind)
                        .find(|(to, _)| !finite[*to])
                        .map(|(to, by)| (to, by.to_owned()))
                });
            }
        }
        let mut walk = vec![0_usize; drafts.types.len()];
        for start in 0..drafts.types.len() {
            let mut path = Vec::new();
            let mut at = start;
            while walk[at] == 0 {
                let Some((to, _)) = &next[at] else { break };
                walk[at] = start + 1;
                path.push(at);
                at = *to;
            }
            // Only a walk that comes back to itself found a new cycle.
            if walk[at] == start + 1 && next[at].is_some() {
                let first = path.iter().position(|step| *step == at).unwrap_or_default();
                let mut cycle = path.split_off(first);
                let least = (0..cycle.len())
                    .min_by_key(|step| cycle[*step])
                    .unwrap_or_default();
                cycle.rotate_left(least);
                self.infinite(&cycle, &next);
            }
        }
    }

    fn infinite(&mut self, cycle: &[usize], next: &[Option<(usize, String)>]) {
        let ids: Vec<DeclId> = cycle
            .iter()
            .filter_map(|at| u32::try_from(*at).ok())
            .map(DeclId)
            .collect();
        let names: Vec<&str> = ids
            .iter()
            .map(|id| self.declared(*id).ast.name.text.as_str())
            .collect();
        let steps: Vec<_> = ids
            .iter()
            .filter_map(|id| {
                let (_, by) = next[id.index()].as_ref()?;
                let ty = self.member_type(*id, by)?;
                Some((ty.span, by.as_str()))
            })
            .collect();
        let union = matches!(self.declared(ids[0]).ast.kind, Kind::Union { .. });
        let problem = errors::infinite_type(&names, &steps, union);
        self.problems.extend(problem);
    }

    fn member_type(&self, id: DeclId, member: &str) -> Option<&Type> {
        match &self.declared(id).ast.kind {
            Kind::Message { fields, .. } => fields
                .iter()
                .find(|field| field.name.text == member)
                .map(|field| &field.ty),
            Kind::Union { cases, .. } => cases
                .iter()
                .find(|case| case.name.text == member)
                .map(|case| &case.ty),
            _ => None,
        }
    }
}

/// The type a value cannot be without.
fn required(value: &Value) -> Option<usize> {
    match value {
        Value {
            shape: Shape::Leaf(Leaf::Type(id)),
            optional: false,
        } => Some(id.0 as usize),
        _ => None,
    }
}

/// The types that a type's members need, with the member's name.
fn needs(kind: &TypeKind) -> Box<dyn Iterator<Item = (usize, &str)> + '_> {
    match kind {
        TypeKind::Message(message) => Box::new(
            message
                .fields
                .iter()
                .filter_map(|field| Some((required(&field.ty)?, field.name.as_str()))),
        ),
        TypeKind::Union(union) => Box::new(union.cases.iter().filter_map(|case| match case.ty {
            Leaf::Type(id) => Some((id.0 as usize, case.name.as_str())),
            Leaf::Primitive(_) => None,
        })),
        TypeKind::Enum(_) => Box::new(std::iter::empty()),
    }
}

/// For each declaration whether a finite value exists; what was reported already counts as finite.
fn finite_types(drafts: &Drafts) -> Vec<bool> {
    let count = drafts.types.len();
    let mut finite = vec![false; count];
    // How many members still wait for a type; a union waits for one case only.
    let mut waiting = vec![0_usize; count];
    let mut waiters: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut ready = Vec::new();
    for (at, draft) in drafts.types.iter().enumerate() {
        let Some(draft) = draft else {
            ready.push(at);
            continue;
        };
        let mut needed = 0;
        for (to, _) in needs(&draft.kind) {
            needed += 1;
            waiters[to].push(at);
        }
        let any = match &draft.kind {
            TypeKind::Union(union) => union.cases.len() > needed || needed == 0,
            _ => needed == 0,
        };
        waiting[at] = if matches!(draft.kind, TypeKind::Union(_)) {
            1
        } else {
            needed
        };
        if any {
            ready.push(at);
        }
    }
    while let Some(at) = ready.pop() {
        if std::mem::replace(&mut finite[at], true) {
            continue;
        }
        for waiter in std::mem::take(&mut waiters[at]) {
            waiting[waiter] = waiting[waiter].saturating_sub(1);
            if waiting[waiter] == 0 {
                ready.push(waiter);
            }
        }
    }
    finite
}
