// Lists, sets, maps, messages, enums and unions: all headers that there are, and those that there are not.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as v1 from "aster-runtime/codegen/v1";
import { Box, Choice, Leaf, Mood, Mood$, box } from "./kinds.js";
import { around, bytesOf, fails, fieldsOf, hex, payloadOf, typeDef } from "./support.js";

const LEAF = hex(Leaf.typeDef.bytes.length === 0 ? load(Leaf.typeDef) : Leaf.typeDef.bytes);
const MOOD = hex(load(Mood$.typeDef));

function load(def: v1.TypeDef): Uint8Array {
  def.load();
  return def.bytes;
}

const list = around<string[]>(
  (w, value) => {
    for (let i = 0, n = w.list(value); i < n; i++) w.string(value[i] as string);
  },
  (r) => {
    const found: string[] = [];
    for (let i = 0, n = r.list(); i < n; i++) found.push(r.string());
    return found;
  },
);
const optionalList = around<(string | undefined)[]>(
  (w, value) => {
    for (let i = 0, n = w.optionalList(value), nulls = w.nulls; i < n; i++) {
      const text = value[i];
      if (nulls ? w.present(text) : true) w.string(text as string);
    }
  },
  (r) => {
    const found: (string | undefined)[] = [];
    for (let i = 0, n = r.optionalList(), nulls = r.nulls; i < n; i++) {
      found.push(nulls && !r.present() ? undefined : r.string());
    }
    return found;
  },
);
const leaves = around<Leaf[]>(
  (w, value) => {
    const n = w.messages(value, Leaf.typeDef);
    for (let i = 0; i < n; i++) Leaf.write(w, value[i] as Leaf);
    if (n !== 0) w.leave();
  },
  (r) => {
    const found: Leaf[] = [];
    const n = r.messages(Leaf.typeDef);
    for (let i = 0; i < n; i++) found.push(Leaf.read(r));
    if (n !== 0) r.leave();
    return found;
  },
);
const optionalLeaves = around<(Leaf | undefined)[]>(
  (w, value) => {
    const n = w.optionalMessages(value, Leaf.typeDef);
    const nulls = w.nulls;
    for (let i = 0; i < n; i++)
      if (nulls ? w.present(value[i]) : true) Leaf.write(w, value[i] as Leaf);
    if (n !== 0) w.leave();
  },
  (r) => {
    const found: (Leaf | undefined)[] = [];
    const n = r.optionalMessages(Leaf.typeDef);
    const nulls = r.nulls;
    for (let i = 0; i < n; i++) found.push(nulls && !r.present() ? undefined : Leaf.read(r));
    if (n !== 0) r.leave();
    return found;
  },
);
const choice = around<Choice>(
  (w, value) => Choice.write(w, value),
  (r) => Choice.read(r),
);

test("a list has a count, a header and its elements", () => {
  assert.equal(fieldsOf(list, []), "00");
  assert.equal(fieldsOf(list, ["a", "b"]), "020c" + "0661" + "0662");
  assert.deepEqual(list.decode(payloadOf("020c06610662")), ["a", "b"]);
  for (const header of ["0d", "0e", "08", "0a", "09", "00", "04"]) {
    fails(
      () => list.decode(payloadOf(`01${header}0661`)),
      "elements with the header 0c",
      "value",
      header,
    );
  }
  fails(() => list.decode(payloadOf("040c0661")), "4 elements", "value", "3 bytes left");
  fails(() => list.decode(payloadOf("ffffffff0f")), "4294967295 elements", "value", "0 bytes left");
  for (const bad of [undefined, null, "ab", { length: 1 }, new Set(["a"])]) {
    fails(() => list.encode(bad as string[]), "an array");
  }
  fails(() => list.encode(["a", undefined] as string[]), "a string");
});

test("a list with elements that may be missing takes both headers", () => {
  assert.equal(fieldsOf(optionalList, ["a"]), "010c0661");
  assert.equal(fieldsOf(optionalList, ["a", undefined]), "020e" + "ff0661" + "fd");
  assert.deepEqual(optionalList.decode(payloadOf("010c0661")), ["a"]);
  assert.deepEqual(optionalList.decode(payloadOf("010eff0661")), ["a"]);
  assert.deepEqual(optionalList.decode(payloadOf("020efdfd")), [undefined, undefined]);
  fails(() => optionalList.decode(payloadOf("010d0661")), "elements with the header 0c or 0e");
  fails(
    () => optionalList.decode(payloadOf("010e000661")),
    "a value (ff) or a null (fd)",
    "value",
    "00",
  );
  // eslint-disable-next-line no-sparse-arrays
  assert.deepEqual(optionalList.decode(optionalList.encode(["a", , "b"])), ["a", undefined, "b"]);
  fails(() => optionalList.encode([null] as unknown as string[]), "a string", "value", "null");
});

test("a list of messages has their type once", () => {
  const two = [{ name: "a" }, { name: "b" }];
  assert.equal(fieldsOf(leaves, []), "00");
  assert.equal(fieldsOf(leaves, two), "0208" + "1e02" + LEAF + "06610662");
  assert.deepEqual(leaves.decode(leaves.encode(two)), two);
  assert.equal(fieldsOf(optionalLeaves, [undefined]), "010a" + "1e02" + LEAF + "fd");
  assert.equal(fieldsOf(optionalLeaves, two), "0208" + "1e02" + LEAF + "06610662");
  assert.deepEqual(optionalLeaves.decode(payloadOf("010a" + "1e02" + LEAF + "ff0661")), [
    { name: "a" },
  ]);
  fails(
    () => leaves.decode(payloadOf("010a1e02" + LEAF + "fd")),
    "elements with the header 08",
    "value",
    "0a",
  );
  fails(() => leaves.decode(payloadOf("01091e02" + LEAF + "0661")), "elements with the header 08");
  fails(
    () => leaves.decode(payloadOf("01081d02" + LEAF + "0661")),
    "type 30 (message)",
    "value",
    "type 29",
  );
});

test("a type is defined where it appears first, and is the one that is declared", () => {
  fails(
    () => leaves.decode(payloadOf("01081e03" + "0661")),
    "type `test.Leaf`",
    "value",
    "a reference to type 1, which has not been defined",
  );
  fails(
    () => leaves.decode(payloadOf("01081e01" + "0661")),
    "type `test.Leaf`",
    "value",
    "type `test.Around`",
  );
  fails(() => leaves.decode(payloadOf("01081e04" + LEAF + "0661")), "type marker 1", "value", "2");
  const other = hex(Buffer.from(typeDef(9), "base64"));
  fails(
    () => leaves.decode(payloadOf("01081e02" + other + "0661")),
    /^type `test.Leaf` as defined here \(TypeDef 0706050403000301\)$/,
    "value",
    /TypeDef 0706050403000901/,
  );
  fails(() => leaves.decode(bytesOf("01ff1e00" + LEAF)), /^type `test.Around` as defined here/, "");
  for (const begin of ["00ff1e00", "01fd1e00", "01ff1b00"]) {
    fails(() => leaves.decode(bytesOf(begin + LEAF)), "a payload that begins with 01 ff 1e", "");
  }
  fails(() => leaves.decode(bytesOf("01ff1e02" + LEAF)), "type marker 0", "");
});

test("a long TypeDef has its size behind the header", () => {
  const body = Buffer.alloc(300, 7);
  body[0] = 0xe1;
  const long = Buffer.concat([Buffer.from([0xff, 1, 2, 3, 4, 5, 6, 7, 45]), body]);
  const type = v1.message<number>({
    name: "test.Long",
    typeDef: long.toString("base64"),
    create: (init) => init,
    write: (w, value) => {
      w.uint8(value);
    },
    read: (r) => r.uint8(),
  });
  const payload = type.encode(5);
  assert.equal(payload.length, 4 + long.length + 1);
  assert.equal(type.decode(payload), 5);
  for (let length = 0; length < payload.length; length++)
    fails(() => type.decode(payload.subarray(0, length)), "more bytes", "");
});

test("an enum is its declared number", () => {
  const mood = around<Mood>(
    (w, value) => w.enumeration(value, Mood$),
    (r) => r.enumeration(Mood$),
  );
  for (const value of Object.values(Mood)) assert.equal(mood.decode(mood.encode(value)), value);
  assert.equal(fieldsOf(mood, Mood.WILD), "07");
  for (const number of ["02", "06", "08", "ffffffff0f"])
    fails(() => mood.decode(payloadOf(number)), "a value of `test.Mood`");
  for (const bad of [2, -1, 0.5, NaN, "CALM", 0n, undefined])
    fails(() => mood.encode(bad as Mood), "a value of `test.Mood`");
  assert.equal(Mood$.name(Mood.LOUD), "LOUD");
  assert.deepEqual(
    [0, 1, 2, 7].map((number) => Mood$.has(number)),
    [true, true, false, true],
  );
});

test("a union has the number of its case, a type and a value", () => {
  assert.equal(fieldsOf(choice, { case: "number", value: 7 }), "02ff050e");
  assert.equal(fieldsOf(choice, { case: "mood", value: Mood.LOUD }), "03ff1a02" + MOOD + "01");
  assert.equal(
    fieldsOf(choice, { case: "leaf", value: { name: "a" } }),
    "01ff1e02" + LEAF + "0661",
  );
  const values: Choice[] = [
    { case: "number", value: -1 },
    { case: "mood", value: Mood.WILD },
    { case: "leaf", value: { name: "x" } },
  ];
  for (const value of values) assert.deepEqual(choice.decode(choice.encode(value)), value);
  // Fory's derive says that others may refer to a message in a case.
  assert.deepEqual(choice.decode(payloadOf("01001e02" + LEAF + "0661")), {
    case: "leaf",
    value: { name: "a" },
  });
  fails(() => choice.decode(payloadOf("05ff050e")), "a case of `test.Choice`", "value", "number 5");
  fails(
    () => choice.decode(payloadOf("02fd050e")),
    "the value of a union's case (ff)",
    "value",
    "fd",
  );
  fails(
    () => choice.decode(payloadOf("02ff070e")),
    "type 5 (int32)",
    "value.number",
    "type 7 (int64)",
  );
  fails(
    () => choice.decode(payloadOf("03ff1902" + MOOD + "01")),
    "type 26 (enum)",
    "value.mood",
    "type 25",
  );
  fails(
    () => choice.decode(payloadOf("03ff1a02" + MOOD + "02")),
    "a value of `test.Mood`",
    "value.mood",
  );
  fails(
    () => choice.encode({ case: "none", value: 1 } as unknown as Choice),
    "a case of `test.Choice`",
    "value",
    'the string "none"',
  );
  fails(
    () => choice.encode({ value: 1 } as unknown as Choice),
    "a case of `test.Choice`",
    "value",
    "nothing",
  );
  fails(() => choice.encode(undefined as unknown as Choice), "a `test.Choice`", "value", "nothing");
  fails(
    () => choice.encode({ case: "number", value: "7" } as unknown as Choice),
    /^a whole number/,
    "value.number",
  );
});

/** The fields of a box before the one that is looked at are empty. */
const FIRST = "1e02" + LEAF + "02" + "02ff0500" + "00";
const BOX = "01ff1e00" + hex(load(Box.typeDef));
const FIELDS = [
  "texts",
  "maybe_texts",
  "leaves",
  "maybe_leaves",
  "empties",
  "maybe_empties",
  "choices",
  "matrix",
  "numbers",
  "names",
  "maybe_names",
  "by_name",
  "maybe_by_name",
];

function boxOf(field: string, bytes: string): Uint8Array {
  const place = FIELDS.indexOf(field);
  return bytesOf(BOX + FIRST + "00".repeat(place) + bytes + "00".repeat(FIELDS.length - place - 1));
}

test("a set has no element twice", () => {
  assert.deepEqual(Box.decode(boxOf("numbers", "030c020406")).numbers, new Set([1, 2, 3]));
  fails(
    () => Box.decode(boxOf("numbers", "030c020402")),
    "elements that are there once",
    "numbers[2]",
  );
  fails(() => Box.encode({ ...box(), numbers: [1] as unknown as Set<number> }), "a Set", "numbers");
});

test("a map comes in chunks, and has no key twice", () => {
  assert.deepEqual(
    Box.decode(boxOf("names", "0224020661010662ff01")).names,
    new Map([
      ["a", 1],
      ["b", 255],
    ]),
  );
  assert.deepEqual(
    Box.decode(boxOf("names", "022401066101" + "2401066202")).names,
    new Map([
      ["a", 1],
      ["b", 2],
    ]),
  );
  fails(
    () => Box.decode(boxOf("names", "022402066101066102")),
    "keys that are there once",
    'names["a"]',
  );
  fails(() => Box.decode(boxOf("names", "0224020661010663ffffffffff")), /varint/, 'names["c"]');
  fails(() => Box.decode(boxOf("names", "022400")), "a chunk of 1 to 2 map entries", "names", "0");
  fails(() => Box.decode(boxOf("names", "022403")), "a chunk of 1 to 2 map entries", "names", "3");
  for (const header of ["14", "04", "00", "2c", "26", "64"]) {
    fails(
      () => Box.decode(boxOf("names", `01${header}01066101`)),
      "map entries with the header 24",
      "names",
      header,
    );
  }
  assert.deepEqual(
    Box.decode(boxOf("maybe_names", "0314022401040661" + "1406")).maybeNames,
    new Map([
      [1, undefined],
      [2, "a"],
      [3, undefined],
    ]),
  );
  fails(
    () => Box.decode(boxOf("maybe_names", "0204")),
    "map entries with the header 24",
    "maybe_names",
    "04",
  );
  assert.deepEqual(
    Box.decode(boxOf("by_name", "0104011e03" + "06610662")).byName,
    new Map([["a", { name: "b" }]]),
  );
  fails(
    () => Box.decode(boxOf("by_name", "010401" + "1e0106610662")),
    "type `test.Leaf`",
    "by_name",
    "type `test.Box`",
  );
  assert.throws(
    () => Box.encode({ ...box(), names: { a: 1 } as unknown as Map<string, number> }),
    /a Map/,
  );
});

test("maps of any size have chunks of at most 255 pairs", () => {
  for (const size of [1, 254, 255, 256, 510, 511, 1_000]) {
    const value = box();
    for (let index = 0; index < size; index++) {
      value.names.set(`key ${String(index)}`, index);
      value.maybeNames.set(index, index % 300 === 17 ? undefined : "x");
      value.byName.set(String(index), { name: "y" });
      value.maybeByName.set(String(index), index % 7 === 0 ? undefined : { name: "z".repeat(40) });
    }
    assert.deepEqual(Box.decode(Box.encode(value)), value);
  }
});

const PLAIN = { noNullPrototype: true } as const;
const anyLeaf = fc.record({ name: fc.string({ maxLength: 30 }) }, PLAIN);
const anyEmpty = fc.constant({});
const anyChoice: fc.Arbitrary<Choice> = fc.oneof(
  fc.record({ case: fc.constant("leaf" as const), value: anyLeaf }, PLAIN),
  fc.record({ case: fc.constant("number" as const), value: fc.integer() }, PLAIN),
  fc.record(
    { case: fc.constant("mood" as const), value: fc.constantFrom(...Object.values(Mood)) },
    PLAIN,
  ),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const map = <K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<K, V>> =>
  fc.array(fc.tuple(key, value), { maxLength: 8 }).map((pairs) => new Map(pairs));
const anyBox: fc.Arbitrary<Box> = fc.record(
  {
    leaf: anyLeaf,
    choice: anyChoice,
    mood: fc.constantFrom(...Object.values(Mood)),
    texts: fc.array(fc.string()),
    maybeTexts: fc.array(maybe(fc.string())),
    leaves: fc.array(anyLeaf),
    maybeLeaves: fc.array(maybe(anyLeaf)),
    empties: fc.array(anyEmpty),
    maybeEmpties: fc.array(maybe(anyEmpty)),
    choices: fc.array(anyChoice),
    matrix: fc.array(fc.array(fc.double())),
    numbers: fc.array(fc.integer()).map((values) => new Set(values)),
    names: map(fc.string(), fc.nat()),
    maybeNames: map(fc.integer(), maybe(fc.string())),
    byName: map(fc.string(), anyLeaf),
    maybeByName: map(fc.string(), maybe(anyLeaf)),
  },
  PLAIN,
);

test("what is written is read again", () => {
  fc.assert(
    fc.property(anyBox, (value) => {
      const payload = Box.encode(value);
      assert.deepEqual(Box.decode(payload), value);
      assert.deepEqual(Box.encode(Box.decode(payload)), payload);
    }),
    { numRuns: 300 },
  );
});

test("the path leads to the value", () => {
  const bad = (change: Partial<Record<keyof Box, unknown>>, path: string): void => {
    fails(() => Box.encode({ ...box(), ...change } as Box), /./, path);
  };
  bad({ leaf: { name: 5 } }, "leaf.name");
  bad({ leaf: undefined }, "leaf");
  bad({ texts: ["a", 5] }, "texts[1]");
  bad({ leaves: [{ name: "a" }, { name: null }] }, "leaves[1].name");
  bad({ leaves: [undefined] }, "leaves[0]");
  bad({ matrix: [[], [0, "x"]] }, "matrix[1][1]");
  bad({ choices: [{ case: "leaf", value: {} }] }, "choices[0].leaf.name");
  bad({ byName: new Map([['a "b"', {}]]) }, 'by_name["a \\"b\\""].name');
  bad({ maybeNames: new Map([[3, 4]]) }, "maybe_names[3]");
  bad({ byName: new Map([["x".repeat(100), {}]]) }, `by_name["${"x".repeat(48)}…"].name`);
  fails(() => Box.encode(null as unknown as Box), "a `test.Box`", "", "null");
  fails(() => Box.decode(boxOf("texts", "020c" + "0661" + "0361")), /^a string in/, "texts[1]");
  const cut = Box.encode({ ...box(), matrix: [[], [1]] });
  fails(() => Box.decode(cut.subarray(0, -6)), "more bytes", "matrix[1][0]");
});
