//! Room on the stack for messages inside messages: every thread can read and write what the depth limit allows.

use super::Message;

/// What 64 levels of messages may take together without being looked at.
const UNCHECKED: usize = 256 << 10;

/// What is to be left before a message is read or written that is looked at: its own frames, and the unchecked ones.
const fn room(size: usize, fields: usize) -> usize {
    UNCHECKED + frames(size, fields)
}

/// At least what one level takes in a debug build, where every step has slots of its own: by measurement.
const fn frames(size: usize, fields: usize) -> usize {
    1_024 + size * 8 + fields * 128
}

const fn is_small<M: Message>() -> bool {
    frames(size_of::<M>(), M::TYPE.fields()) <= UNCHECKED / super::MAX_DEPTH as usize
}

/// Does `work`, one level of `M`, on a larger stack if what is left of this one may be too little.
#[inline]
pub(super) fn with_room<M: Message, R>(work: impl FnOnce() -> R) -> R {
    if const { is_small::<M>() } {
        return work();
    }
    let room = room(size_of::<M>(), M::TYPE.fields());
    stacker::maybe_grow(room, room.saturating_mul(4), work)
}

/// Does `work` on a larger stack if less than `room` and the unchecked messages is left of this one.
#[inline]
pub(super) fn with_room_of<R>(room: usize, work: impl FnOnce() -> R) -> R {
    let room = UNCHECKED + room;
    stacker::maybe_grow(room, room * 4, work)
}
