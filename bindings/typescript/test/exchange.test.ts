// Payloads of one message with a field of every kind: written by Rust, and by pyfory, Fory's own implementation for Python.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { damaged } from "./damage.js";
import { Kitchen } from "./kitchen/kitchen.js";

const FOLDER = new URL("../../../../tests/tests/codec/pyfory/", import.meta.url);

function payloads(name: string): Uint8Array[] {
  const text = readFileSync(new URL(name, FOLDER), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => new Uint8Array(Buffer.from(line, "hex")));
}

const rust = payloads("ours.txt");
const pyfory = payloads("pyfory.txt");

test("what Rust writes is read, and written again byte for byte", () => {
  assert.equal(rust.length, 12);
  for (const payload of rust) assert.deepEqual(Kitchen.encode(Kitchen.decode(payload)), payload);
});

test("what pyfory writes has the same values", () => {
  assert.equal(pyfory.length, rust.length);
  let others = 0;
  for (const [index, payload] of pyfory.entries()) {
    const ours = rust[index] as Uint8Array;
    // It writes strings in other encodings, and sets in another order.
    if (!Buffer.from(payload).equals(ours)) others++;
    assert.deepEqual(Kitchen.decode(payload), Kitchen.decode(ours));
  }
  assert.ok(others > 0);
});

test("damaged payloads of all of it are values or a MessageError", () => {
  assert.ok(damaged(Kitchen, rust.slice(0, 4), 500, 5) > 0);
});
