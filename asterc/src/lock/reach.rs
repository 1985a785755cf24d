//! Which types each service reaches: what follows from the facts of a lock.

use super::{Lock, Service};
use rustc_hash::FxHashMap;

/// The types of a lock as a graph, walked once for each service.
pub struct Reach<'a> {
    /// Full names, in order.
    names: Vec<&'a str>,
    places: FxHashMap<&'a str, usize>,
    /// By type: those that its members name.
    next: Vec<Vec<usize>>,
    /// By type: the last walk that came by.
    seen: Vec<usize>,
    walk: usize,
    waiting: Vec<usize>,
}

impl<'a> Reach<'a> {
    /// Of the types of a lock.
    pub fn new(lock: &'a Lock) -> Self {
        let names: Vec<&str> = lock.types.keys().map(String::as_str).collect();
        let places: FxHashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let next = lock.types.values().map(|ty| {
            let mut next: Vec<usize> = ty
                .references()
                .filter_map(|name| places.get(name).copied())
                .collect();
            next.sort_unstable();
            next.dedup();
            next
        });
        Self {
            next: next.collect(),
            seen: vec![0; names.len()],
            walk: 0,
            waiting: Vec::new(),
            names,
            places,
        }
    }

    /// Walks to everything that a service's methods reach.
    pub fn walk(&mut self, service: &Service) {
        self.walk += 1;
        let methods = service.methods.values();
        let sides = methods.flat_map(|method| [&method.request, &method.response]);
        self.waiting
            .extend(sides.filter_map(|name| self.places.get(name.as_str()).copied()));
        while let Some(at) = self.waiting.pop() {
            if std::mem::replace(&mut self.seen[at], self.walk) != self.walk {
                let new = self.next[at].iter().filter(|next| self.seen[**next] != self.walk);
                self.waiting.extend(new);
            }
        }
    }

    /// Whether the last walk came by the type of that name.
    pub fn came_by(&self, name: &str) -> bool {
        self.places
            .get(name)
            .is_some_and(|at| self.seen[*at] == self.walk)
    }

    /// The types that the last walk came by, as places in the order of names.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let seen = self.seen.iter().enumerate();
        seen.filter(|(_, walk)| **walk == self.walk).map(|(at, _)| at)
    }

    /// The full names of all types, in order.
    pub fn names(&self) -> &[&'a str] {
        &self.names
    }
}
