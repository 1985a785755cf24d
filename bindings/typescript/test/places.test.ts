// Where in containers inside each other a value or a byte is that does not fit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Nested } from "./gen/probe.js";
import { bytesOf, fails, hex } from "./support.js";

const [empty] = hex(Nested.encode({})).match(/^.*(?=00000000$)/) ?? assert.fail();

/** A payload of the four fields, in the order of their names. */
function payload(fields: { counts?: string; lists?: string; maps?: string }): Uint8Array {
  const { counts = "00", lists = "00", maps = "00" } = fields;
  return bytesOf(`${empty}${counts}${lists}${maps}00`);
}

test("a value that does not fit is named after the elements that it is in", () => {
  const wrong = "oops" as never;
  const lists: [number[][][], string][] = [
    [wrong, "lists"],
    [[[[1]], wrong], "lists[1]"],
    [[[[1, 2], [3]], wrong], "lists[1]"],
    [[[[1]], [[1, 2], wrong]], "lists[1][1]"],
    [[[], [[], [1, 2, wrong]]], "lists[1][1][2]"],
  ];
  for (const [value, path] of lists) fails(() => Nested.encode({ lists: value }), /./, path);
  const inner = new Map([["x", [1, 2, 3]]]);
  const maps: [Map<string, Map<string, number[]>>, string][] = [
    [
      new Map([
        ["alice", inner],
        ["bob", wrong],
      ]),
      'maps["bob"]',
    ],
    [
      new Map([
        ["alice", inner],
        [7 as never, inner],
      ]),
      "maps[7]",
    ],
    [
      new Map([
        ["alice", inner],
        ["bob", new Map([["y", wrong]])],
      ]),
      'maps["bob"]["y"]',
    ],
    [new Map([["alice", new Map([["x", [1, wrong]]])]]), 'maps["alice"]["x"][1]'],
  ];
  for (const [value, path] of maps) fails(() => Nested.encode({ maps: value }), /./, path);
});

test("bytes that do not fit are named after the elements that they are in", () => {
  const lists: [string, string][] = [
    ["02 0c 01 0c 03 0c 02 04 06 01 ff", "lists[1]"],
    ["01 0c 02 0c 03 0c 02 04 06 01 ff", "lists[0][1]"],
    ["01 0c 02 0c 03 0c 02 04 06 02 0c 02 ff", "lists[0][1][1]"],
  ];
  for (const [bytes, path] of lists) {
    fails(() => Nested.decode(payload({ lists: bytes })), /./, path);
  }
  // a chunk of {"x": [1]}, then what does not fit
  const entry = "24 01 06 78 01 0c 02";
  const maps: [string, string][] = [
    [`02 24 02 06 61 01 ${entry} 06 62 01 ff`, 'maps["b"]'],
    [`02 24 01 06 61 01 ${entry} ff`, "maps"],
    [`02 24 02 06 61 01 ${entry} 03`, "maps[1]"],
    [`01 24 01 06 61 02 ${entry} 24 01 06 79 01 ff`, 'maps["a"]["y"]'],
  ];
  for (const [bytes, path] of maps) {
    fails(() => Nested.decode(payload({ maps: bytes })), /./, path);
  }
  fails(() => Nested.decode(payload({ counts: "02 24 01 06 61 02 25" })), /24/, "counts", "25");
  fails(() => Nested.decode(payload({ counts: "02 24 01 06 61 02 24 00" })), /1 to 1/, "counts");
  const again = payload({ counts: "02 24 01 06 61 02 24 01 06 61 02" });
  fails(() => Nested.decode(again), /once/, 'counts["a"]');
});

test("a container that changes while it is written is named itself", () => {
  const counts = new Map<string, number>([["a", 1]]);
  Object.defineProperty(counts, "size", { value: 2 });
  fails(() => Nested.encode({ counts }), /the same while it is written/, "counts");
  const names = new Set(["a"]);
  Object.defineProperty(names, "size", { value: 2 });
  fails(() => Nested.encode({ names }), /the same while it is written/, "names");
  const inner = new Map([["x", [1, 2]]]);
  Object.defineProperty(inner, "size", { value: 2 });
  const maps = new Map([["a", inner]]);
  fails(() => Nested.encode({ maps }), /the same while it is written/, 'maps["a"]');
});

test("what a path quotes neither moves a cursor nor turns a line", () => {
  const key = "\u009b31m\u202e\u2028\u0007\n\u00ad";
  const counts = new Map([[key, "x" as never]]);
  assert.throws(
    () => Nested.encode({ counts }),
    (error: Error) => {
      assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.ok(error.message.includes(String.raw`\u{9b}31m\u{202e}\u{2028}\u0007\n\u{ad}`));
      return true;
    },
  );
});
