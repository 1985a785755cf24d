//! Descriptions of contracts, as a peer may send them, and payloads of what they describe.

use crate::codegen::v1::Message;
use crate::description::Description;
use crate::json;
use crate::kitchen::{Deep, Kitchen};
use crate::seeds::{place, schemas};
use crate::value::{Of, Values};
use crate::values::Random;
use aster_contract::decode::Decode;
use aster_contract::model::{ContractId, TypeDef};
use aster_runtime::codec::table::{MessageType, Table, TypeIndex};
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};

/// Ends the description. Before it each part begins with what it is: 0 for the contract, 1 for a type and 2 for what is nested
/// in types; two bytes with its length follow, and then itself. After it come a byte with the number of a type, and a payload
/// without its head.
const PAYLOAD: u8 = 3;

/// A description makes a table, or is refused; the table reads what it writes, as a payload and as JSON.
pub fn described(bytes: &[u8]) {
    let (description, rest) = split(bytes);
    let table = match Table::build(description.id, &description.borrowed()) {
        Ok(table) => table,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let Some((number, fields)) = rest.split_first() else {
        return;
    };
    let Some(ty) = description.types.get(usize::from(*number)) else {
        return;
    };
    let def = TypeDef::decode(ty).expect("the table was built of it");
    let index = table
        .type_named(&format!("{}.{}", def.package, def.name))
        .expect("a table has the types that it was built of");
    if let Some(message) = table.message(index) {
        stable(&table, index, &[&head(message), fields].concat());
    }
}

/// What decodes can be encoded, and is read as the same; so is the JSON of it.
fn stable(table: &Table, index: TypeIndex, payload: &[u8]) {
    let Ok(value) = table.decode(index, payload, &mut Values) else {
        return;
    };
    let write = |value| {
        table
            .encode(index, &Of(&value))
            .expect("what was read can be written")
    };
    let once = write(value);
    let again = table.decode(index, &once, &mut Values);
    assert_eq!(once, write(again.expect("what was written can be read")));
    let json = |payload: &[u8]| table.payload_to_json(index, payload).expect("a payload has JSON");
    let text = json(&once);
    let read = table.json_to_payload(index, text.as_bytes());
    // Texts are compared, not payloads: JSON has one NaN.
    assert_eq!(text, json(&read.expect("what was written can be read")));
}

/// What comes before the fields of every payload of this message.
fn head(message: &MessageType) -> Vec<u8> {
    [&[0x01, 0xff, 0x1e, 0x00], message.definition()].concat()
}

/// The description in some bytes, and what follows it. The id is that of the contract: no mutation would find it.
fn split(bytes: &[u8]) -> (Description, &[u8]) {
    let mut parts: [Vec<Vec<u8>>; PAYLOAD as usize] = Default::default();
    let mut rest = bytes;
    while let Some((part, after)) = rest.split_first() {
        rest = after;
        let Some(parts) = parts.get_mut(usize::from(part % (PAYLOAD + 1))) else {
            break;
        };
        let Some((length, after)) = rest.split_first_chunk() else {
            break;
        };
        let length = usize::from(u16::from_le_bytes(*length));
        let (own, after) = after.split_at(length.min(after.len()));
        parts.push(own.to_vec());
        rest = after;
    }
    let [contract, types, nested] = parts;
    let contract = contract.concat();
    let description = Description {
        id: ContractId::of(&contract),
        contract,
        types,
        nested,
    };
    (description, rest)
}

/// The bytes that are split into this description and these fields of the type with this number.
fn joined(description: &Description, number: usize, fields: &[u8]) -> Vec<u8> {
    let contract = std::slice::from_ref(&description.contract);
    let mut bytes = Vec::new();
    for (part, all) in (0..PAYLOAD).zip([contract, &description.types, &description.nested]) {
        for own in all {
            let length = u16::try_from(own.len()).expect("a definition is short");
            bytes.push(part);
            bytes.extend(length.to_le_bytes());
            bytes.extend_from_slice(own);
        }
    }
    bytes.extend([PAYLOAD, u8::try_from(number).expect("a schema is short")]);
    bytes.extend_from_slice(fields);
    bytes
}

/// Every schema of the repository that stands by itself, and payloads of those that have a field of every kind.
pub fn described_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (root, paths) in schemas() {
        for path in paths {
            let input = [Input::Path(root.join(path))];
            let compiled = compile(&input, &Options::default(), &Disk);
            if compiled.is_ok_and(|compiled| compiled.schema.is_some()) {
                let description = Description::of(&input);
                seeds.extend((0..description.types.len()).map(|number| joined(&description, number, &[])));
            }
        }
    }
    let mut random = Random::new(0xdec1);
    let kitchen = Description::of(&[Input::Path(place("tests/tests/codec/kitchen.aster"))]);
    for _ in 0..8 {
        seeds.push(with_payload(
            &kitchen,
            Kitchen::TYPE.name(),
            &encoded(&random.kitchen()),
        ));
        seeds.push(with_payload(
            &kitchen,
            Deep::TYPE.name(),
            &encoded(&random.deep(4)),
        ));
    }
    let all = Description::of(&[json::schema()]);
    let table = all.table();
    let index = table.type_named(json::ALL).expect("the schema has it");
    for text in json::TEXTS {
        let payload = table.json_to_payload(index, text.as_bytes());
        seeds.push(with_payload(
            &all,
            json::ALL,
            &payload.expect("a value of the schema"),
        ));
    }
    seeds
}

fn with_payload(description: &Description, name: &str, payload: &[u8]) -> Vec<u8> {
    let table = description.table();
    let index = table.type_named(name).expect("the schema has it");
    let message = table.message(index).expect("a message");
    let fields = payload
        .strip_prefix(head(message).as_slice())
        .expect("every payload begins with its head");
    let named = |ty: &Vec<u8>| {
        let def = TypeDef::decode(ty).expect("a definition");
        format!("{}.{}", def.package, def.name) == name
    };
    let number = description.types.iter().position(named);
    joined(description, number.expect("it is described"), fields)
}

fn encoded<M: Message>(value: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes).expect("the value is in range");
    bytes
}
