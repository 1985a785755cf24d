// Whose memory payloads and their bytes are.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { In, Painted, Shade, Shade$ } from "./gen/probe.js";

const filling = new Uint8Array([1, 2, 3]);
const value = { text: "a", filling };

test("bytes that are decoded have memory of their own, whatever they came in", () => {
  class Mine extends Uint8Array {}
  const payload = In.encode(value);
  const shared = new Uint8Array(new SharedArrayBuffer(payload.length));
  shared.set(payload);
  for (const given of [Buffer.from(payload), Mine.from(payload), payload.slice(), shared]) {
    const decoded = In.decode(given);
    assert.equal(Object.getPrototypeOf(decoded.filling), Uint8Array.prototype);
    assert.notEqual(decoded.filling.buffer, given.buffer);
    given.fill(0xee);
    assert.deepEqual(decoded, value);
  }
});

test("a payload that is given to another thread takes no other with it", () => {
  const { port1, port2 } = new MessageChannel();
  const first = In.encode(value);
  const second = In.encode(value);
  // some versions of Node refuse it, others send a copy
  for (const send of [
    (): void => {
      port1.postMessage(first, [first.buffer as ArrayBuffer]);
    },
    (): void => {
      structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
    },
  ]) {
    try {
      send();
    } catch (error) {
      assert.equal((error as Error).name, "DataCloneError");
    }
    assert.deepEqual(In.decode(second), value);
    assert.deepEqual(In.decode(In.encode(value)), value);
    const long = { text: "x".repeat(9_000), filling };
    assert.deepEqual(In.decode(In.encode(long)), long);
  }
  // one that is a copy is nobody else's
  const copy = first.slice();
  port1.postMessage(copy, [copy.buffer]);
  assert.equal(copy.length, 0);
  assert.deepEqual(In.decode(second), value);
  port1.close();
  port2.close();
});

test("memory that was taken away all the same is not missed", () => {
  // as `ArrayBuffer.prototype.transfer` can
  const buffer = In.encode(value).buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
  if (buffer.transfer !== undefined) {
    try {
      buffer.transfer();
    } catch (error) {
      assert.ok(error instanceof TypeError);
    }
  }
  assert.deepEqual(In.decode(In.encode(value)), value);
});

test("detached bytes are none, and a length that is made up is not believed", () => {
  const detached = new Uint8Array(8);
  structuredClone(detached, { transfer: [detached.buffer] });
  assert.deepEqual(In.decode(In.encode({ text: "", filling: detached })).filling, new Uint8Array());
  class Liar extends Uint8Array {
    override get length(): number {
      return 5_000;
    }
  }
  const liar = new Liar([1, 2, 3]);
  assert.deepEqual(In.decode(In.encode({ text: "", filling: liar })).filling, filling);
});

test("an enum names its values as the schema does", () => {
  const names = ["red", "darkBlue", "PALE", "constructor"];
  assert.deepEqual(
    [0, 1, 2, 3].map((number) => Shade$.name(number as Shade)),
    names,
  );
  assert.deepEqual(
    Object.entries(Shade$.values),
    Object.entries({ red: 0, darkBlue: 1, PALE: 2, constructor: 3 }),
  );
  assert.equal(Shade.DARK_BLUE, Shade$.values["darkBlue"]);
  for (const none of ["toString", "DARK_BLUE", "__proto__"]) {
    assert.equal(Shade$.values[none], undefined);
  }
  assert.equal(Painted.decode(Painted.encode({ shade: Shade.DARK_BLUE })).shade, 1);
});
