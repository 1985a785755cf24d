//! Which types of a table a payload has introduced, in order of their first appearance.

use rustc_hash::FxHashMap;

/// Types held in place before they take memory of their own.
const INLINE: usize = 8;

/// The types that were read, in order of their first appearance.
#[derive(Default)]
pub(super) struct ReadTypes {
    first: [u32; INLINE],
    rest: Vec<u32>,
    len: usize,
}

impl ReadTypes {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn push(&mut self, index: u32) {
        match self.first.get_mut(self.len) {
            Some(place) => *place = index,
            None => self.rest.push(index),
        }
        self.len += 1;
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<u32> {
        if place >= self.len {
            return None;
        }
        match self.first.get(place) {
            Some(index) => Some(*index),
            None => self.rest.get(place - INLINE).copied(),
        }
    }
}

/// The types that were written, each with its place. Every look-up is constant time.
pub(super) struct WrittenTypes {
    first: [u32; INLINE],
    rest: FxHashMap<u32, u32>,
    len: u32,
    last: u32,
    last_marker: u32,
}

impl WrittenTypes {
    pub(super) fn new(root: u32) -> Self {
        let mut first = [0; INLINE];
        first[0] = root;
        Self {
            first,
            rest: FxHashMap::default(),
            len: 1,
            last: root,
            last_marker: 1,
        }
    }

    /// The marker to write for a type; when its lowest bit is 0, the TypeDef is to follow.
    #[inline]
    pub(super) fn marker(&mut self, index: u32) -> u32 {
        if self.last == index {
            self.last_marker
        } else {
            self.look_up(index)
        }
    }

    fn look_up(&mut self, index: u32) -> u32 {
        let inline = self.first.iter().take(self.len as usize);
        let place = match inline.clone().position(|seen| *seen == index) {
            Some(place) => Some(place as u32),
            None => self.rest.get(&index).copied(),
        };
        self.last = index;
        let new = place.is_none();
        let place = place.unwrap_or(self.len);
        self.last_marker = place << 1 | 1;
        if !new {
            return self.last_marker;
        }
        self.len += 1;
        match self.first.get_mut(place as usize) {
            Some(free) => *free = index,
            None => {
                self.rest.insert(index, place);
            }
        }
        place << 1
    }
}
