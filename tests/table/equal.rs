//! The table codec beside the static one: the same bytes, the same verdicts.

use super::value::{Of, Value, Values};
use aster_runtime::codec::table::{Table, TypeIndex};
use aster_runtime::codec::{CodecError, CodecErrorKind, Message};

/// The message `M` of a table.
pub(crate) fn index_of<M: Message>(table: &Table) -> TypeIndex {
    let index = table
        .type_named(M::TYPE.name())
        .unwrap_or_else(|| panic!("{} is described", M::TYPE.name()));
    let message = table.message(index).expect("a message");
    assert_eq!(message.definition(), M::TYPE.definition(), "{}", M::TYPE.name());
    index
}

/// Reads a payload of the static codec by the table and writes it again.
pub(crate) fn same_bytes<M: Message>(table: &Table, message: &M) -> (Vec<u8>, Value) {
    let mut payload = Vec::new();
    message.encode(&mut payload).expect("a value in range");
    let index = index_of::<M>(table);
    let value = table
        .decode(index, &payload, &mut Values)
        .unwrap_or_else(|error| panic!("{error}"));
    let written = table
        .encode(index, &Of(&value))
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(written == payload, "{}: {value:?}", M::TYPE.name());
    (payload, value)
}

/// Both codecs say the same of any bytes; says whether they accept them.
pub(crate) fn same_verdict<M: Message>(table: &Table, bytes: &[u8]) -> bool {
    let index = index_of::<M>(table);
    let by_table = table.decode(index, bytes, &mut Values);
    match (M::decode(bytes), by_table) {
        (Ok(message), Ok(value)) => {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            message.encode(&mut ours).expect("what was read can be written");
            let written = table
                .encode(index, &Of(&value))
                .expect("what was read can be written");
            // a table keeps the order of maps and sets, and Rust sorts them
            let again = M::decode(&written).expect("what was written can be read");
            again.encode(&mut theirs).expect("what was read can be written");
            assert!(ours == theirs, "{}: {bytes:02x?}", M::TYPE.name());
            true
        }
        (Err(ours), Err(theirs)) => {
            assert_eq!(verdict(&theirs), verdict(&ours), "{bytes:02x?}\n{theirs}\n{ours}");
            false
        }
        (ours, theirs) => panic!(
            "{}: {bytes:02x?}\nstatic: {:?}\ntable: {:?}",
            M::TYPE.name(),
            ours.err(),
            theirs.err()
        ),
    }
}

/// Kind, path and type. A map's key that is an enum's value has its name in Rust in one path, and the schema's in the
/// other: case and underscores do not count.
fn verdict(error: &CodecError) -> (CodecErrorKind, String, Option<String>) {
    let path = error.path().replace('_', "").to_lowercase();
    (error.kind(), path, error.message().map(str::to_owned))
}
