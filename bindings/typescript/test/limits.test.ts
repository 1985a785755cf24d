// What a payload may not do, however short it is; and a buffer that is used again and again.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v1 from "aster-runtime/codegen/v1";
import { Box, type Empty, Leaf, Nest, box } from "./kinds.js";
import { around, bytesOf, fails, hex, payloadOf, typeDef } from "./support.js";

function nest(depth: number, along: "next" | "nests" | "named"): Nest {
  let value: Nest = { next: undefined, nests: [], named: new Map() };
  for (let level = 1; level < depth; level++) {
    value = {
      next: along === "next" ? value : undefined,
      nests: along === "nests" ? [value] : [],
      named: new Map(along === "named" ? [["k", value]] : []),
    };
  }
  return value;
}

const STEP = { next: "next", nests: "nests[0]", named: 'named["k"]' };

for (const along of ["next", "nests", "named"] as const) {
  test(`64 messages inside each other and not one more, along ${along}`, () => {
    const deep = nest(64, along);
    const payload = Nest.encode(deep);
    assert.deepEqual(Nest.decode(payload), deep);
    const last = Array<string>(63).fill(STEP[along]).join(".");
    const path = `${last}.${along}`;
    fails(
      () => Nest.encode(nest(65, along)),
      "at most 64 messages inside each other",
      path,
      "one more",
    );
    fails(() => Nest.encode(nest(5_000, along)), "at most 64 messages inside each other", path);
    // After a failure all is as before.
    assert.deepEqual(Nest.encode(deep), payload);
  });
}

test("a peer cannot nest deeper either", () => {
  const def = hex(Nest.encode(nest(1, "next"))).slice(8, -6);
  const deep = (depth: number): Uint8Array =>
    bytesOf(`01ff1e00${def}` + "ff1e01".repeat(depth - 1) + "fd0000" + "0000".repeat(depth - 1));
  assert.deepEqual(Nest.decode(deep(64)), nest(64, "next"));
  const path = Array<string>(64).fill("next").join(".");
  fails(() => Nest.decode(deep(65)), "at most 64 messages inside each other", path, "one more");
  fails(() => Nest.decode(deep(100_000)), "at most 64 messages inside each other", path);
});

test("a value that contains itself is refused", () => {
  const value: Nest = { nests: [], named: new Map() };
  value.next = value;
  fails(
    () => Nest.encode(value),
    "at most 64 messages inside each other",
    Array<string>(64).fill("next").join("."),
  );
});

test("elements without bytes are counted over the whole payload", () => {
  const many = (count: number): Empty[] => Array.from({ length: count }, () => ({}));
  const full = { ...box(), empties: many(8_000), maybeEmpties: many(192) };
  assert.equal(Box.decode(Box.encode(full)).empties.length, 8_000);
  fails(
    () => Box.encode({ ...full, empties: many(8_001) }),
    /^at most 8,192 list elements without fields/,
    "maybe_empties",
    "8193",
  );
  // With flags each of them has a byte.
  const flagged = { ...box(), maybeEmpties: [undefined, ...many(20_000)] };
  assert.equal(Box.decode(Box.encode(flagged)).maybeEmpties.length, 20_001);
  const payload = hex(Box.encode({ ...box(), empties: many(1) }));
  const def = hex(Buffer.from(typeDef(2, 0), "base64"));
  const place = payload.indexOf(def);
  assert.equal(payload.slice(place - 8, place), "01081e04");
  const claim = (count: string): Uint8Array =>
    bytesOf(payload.slice(0, place - 8) + count + payload.slice(place - 6));
  assert.equal(Box.decode(claim("8040")).empties.length, 8_192);
  fails(() => Box.decode(claim("8140")), /^at most 8,192 list elements/, "empties", "8193");
  fails(
    () => Box.decode(claim("ffffffff0f")),
    /^at most 8,192 list elements/,
    "empties",
    "4294967295",
  );
});

test("bytes after the message are refused", () => {
  const payload = Leaf.encode({ name: "a" });
  fails(
    () => Leaf.decode(Uint8Array.from([...payload, 0])),
    "the end of the payload",
    "",
    "1 more bytes",
  );
});

test("payloads are read where they are, also as a part of other bytes", () => {
  const payload = Leaf.encode({ name: "a name" });
  const around = new Uint8Array(payload.length + 20);
  around.set(payload, 10);
  assert.deepEqual(Leaf.decode(around.subarray(10, 10 + payload.length)), { name: "a name" });
  assert.deepEqual(Leaf.decode(Buffer.from(payload)), { name: "a name" });
});

test("only bytes are payloads", () => {
  for (const bad of [
    undefined,
    null,
    "01ff1e00",
    [1, 255, 30, 0],
    new ArrayBuffer(30),
    new DataView(new ArrayBuffer(30)),
  ]) {
    fails(() => Leaf.decode(bad as unknown as Uint8Array), "a Uint8Array", "");
  }
});

test("payloads do not change when others are written", () => {
  const payloads = Array.from({ length: 3_000 }, (_, index) => {
    const value = { name: `${String(index)} `.repeat(1 + ((index * 7) % 90)) };
    return [value, Leaf.encode(value)] as const;
  });
  for (const [value, payload] of payloads) assert.deepEqual(Leaf.decode(payload), value);
});

test("a message that is written while another one is does not disturb it", () => {
  const value = box();
  value.leaves = Array.from({ length: 40 }, (_, index) => ({ name: `leaf ${String(index)}` }));
  const plain = Box.encode(value);
  const inner: Uint8Array[] = [];
  const disturbed = {
    ...value,
    leaves: value.leaves.map(({ name }) => ({
      get name(): string {
        // The same types, in another order, and one that fails.
        inner.push(
          Nest.encode(nest(3, "named")),
          Leaf.encode({ name }),
          v1.encodeShared(Box, value).slice(),
        );
        assert.throws(() => Leaf.encode({} as Leaf));
        return name;
      },
    })),
  };
  assert.deepEqual(Box.encode(disturbed), plain);
  assert.deepEqual(v1.encodeShared(Box, disturbed), plain);
  assert.deepEqual(inner[0], Nest.encode(nest(3, "named")));
  assert.deepEqual(inner.at(-1), plain);
});

test("what a getter throws comes out as it is, and the next message is whole", () => {
  const before = Leaf.encode({ name: "before" });
  const error = new RangeError("mine");
  const leaf = {
    get name(): string {
      throw error;
    },
  };
  assert.throws(
    () => Leaf.encode(leaf),
    (found) => found === error,
  );
  assert.throws(
    () => Box.encode({ ...box(), leaf }),
    (found) => found === error,
  );
  assert.deepEqual(Leaf.encode({ name: "before" }), before);
});

test("a container that changes while it is written is refused", () => {
  const value = box();
  value.byName.set("a", {
    get name(): string {
      value.byName.delete("b");
      return "x";
    },
  });
  value.byName.set("b", { name: "y" });
  fails(() => Box.encode(value), "a container that is the same while it is written", "by_name");
  const list = box();
  list.leaves = [
    {
      get name(): string {
        list.leaves.length = 1;
        return "x";
      },
    },
    { name: "y" },
  ];
  fails(() => Box.encode(list), "a `test.Leaf`", "leaves[1]", "nothing");
});

test("a shared view is the payload, and a large one gives its memory back", () => {
  const value = { name: "n" };
  assert.deepEqual(v1.encodeShared(Leaf, value), Leaf.encode(value));
  const first = v1.encodeShared(Leaf, value);
  const again = v1.encodeShared(Leaf, value);
  assert.equal(first.buffer, again.buffer);
  const large = { name: "x".repeat(5_000_000) };
  const view = v1.encodeShared(Leaf, large);
  const next = v1.encodeShared(Leaf, value);
  assert.ok(next.buffer.byteLength <= 16_384);
  assert.deepEqual(Leaf.decode(view), large);
  assert.deepEqual(Leaf.decode(next), value);
});

test("many types in one payload have their markers in the order of their appearance", () => {
  const types = Array.from({ length: 3_000 }, (_, index) =>
    v1.message<number>({
      name: `test.T${String(index)}`,
      typeDef: typeDef(1_000 + index),
      create: (init) => init,
      write: (w, value) => {
        w.uint16(value);
      },
      read: (r) => r.uint16(),
    }),
  );
  const order = Array.from({ length: 9_000 }, (_, index) => (index * 7_919) % types.length);
  const all = around<number[]>(
    (w, value) => {
      w.list(value);
      for (const number of value) {
        const type = types[number] as v1.MessageType<number>;
        w.enter(type.typeDef);
        type.write(w, number);
        w.leave();
      }
    },
    (r) => {
      const found: number[] = [];
      const count = r.list();
      for (let index = 0; index < count; index++) {
        const type = types[order[index] as number] as v1.MessageType<number>;
        r.enter(type.typeDef);
        found.push(type.read(r));
        r.leave();
      }
      return found;
    },
  );
  const payload = all.encode(order);
  assert.deepEqual(all.decode(payload), order);
  // A type that another payload has had elsewhere is found all the same.
  types[5]?.encode(5);
  assert.deepEqual(all.encode(order), payload);
});

test("a count is not believed", () => {
  const lists = around<number[][]>(
    () => undefined,
    (r) => {
      const found: number[][] = [];
      for (let i = 0, n = r.list(); i < n; i++) {
        const row: number[] = [];
        for (let j = 0, m = r.list(); j < m; j++) row.push(r.uint8());
        found.push(row);
      }
      return found;
    },
  );
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  for (let round = 0; round < 2_000; round++)
    fails(() => lists.decode(payloadOf("ffffffff0f0c")), "4294967295 elements");
  const claimed = payloadOf("80800c0c" + "ffff0b0c".repeat(8) + "00".repeat(200_000));
  fails(() => lists.decode(claimed), /./);
  assert.ok(
    process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before < 200_000_000,
  );
});
