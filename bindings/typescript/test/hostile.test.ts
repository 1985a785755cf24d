// Bytes from a peer that are not what they should be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageError } from "aster-runtime";
import { damaged } from "./damage.js";
import { Box, Mood, Nest, box } from "./kinds.js";
import { Random, bytesOf, hex } from "./support.js";

function boxes(): Box[] {
  const full = box();
  full.leaf = { name: "a leaf" };
  full.choice = { case: "mood", value: Mood.WILD };
  full.texts = ["a", "Göttingen", "日本".repeat(20), "x".repeat(300)];
  full.maybeTexts = ["a", undefined, "🦀"];
  full.leaves = [{ name: "one" }, { name: "two" }];
  full.maybeLeaves = [undefined, { name: "three" }];
  full.empties = [{}, {}];
  full.maybeEmpties = [{}, undefined];
  full.choices = [
    { case: "leaf", value: { name: "x" } },
    { case: "number", value: -5 },
    { case: "nest", value: { next: undefined, nests: [], named: new Map() } },
  ];
  full.matrix = [[1, 2.5], [], [NaN]];
  full.numbers = new Set([1, -1, 1_000_000]);
  full.names = new Map([
    ["a", 1],
    ["b", 0xffff_ffff],
  ]);
  full.maybeNames = new Map([
    [1, "x"],
    [2, undefined],
    [3, "y"],
  ]);
  full.byName = new Map([["k", { name: "v" }]]);
  full.maybeByName = new Map([
    ["k", undefined],
    ["l", { name: "v" }],
  ]);
  return [box(), full];
}

test("a damaged payload is a value or a MessageError", () => {
  const found = damaged(
    Box,
    boxes().map((value) => Box.encode(value)),
    10_000,
    1,
  );
  assert.ok(found > 0);
  const leaf: Nest = { next: undefined, nests: [], named: new Map() };
  const nest: Nest = {
    next: leaf,
    nests: [leaf, { ...leaf, next: leaf }],
    named: new Map([
      ["a", leaf],
      ["b", { ...leaf, nests: [leaf] }],
    ]),
  };
  damaged(Nest, [Nest.encode(nest)], 10_000, 2);
});

test("fields of random bytes are a value or a MessageError", () => {
  const random = new Random(3);
  for (const type of [Box, Nest]) {
    const whole = hex(
      type.encode((type === Box ? box() : { nests: [], named: new Map() }) as Box & Nest),
    );
    const prelude = bytesOf(whole.slice(0, 26));
    for (let round = 0; round < 20_000; round++) {
      const bytes = new Uint8Array(prelude.length + random.below(60));
      bytes.set(prelude);
      // Small numbers lead further than large ones.
      const bound = random.below(2) === 0 ? 256 : 40;
      for (let at = prelude.length; at < bytes.length; at++) bytes[at] = random.below(bound);
      try {
        type.decode(bytes);
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }
  }
});
