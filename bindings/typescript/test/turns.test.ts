// Who reads messages that are all here lets others come to their turn.

import assert from "node:assert/strict";
import { test } from "node:test";

const COUNT = 10_000;

await test("a loop over messages that are here does not keep the event loop to itself", async () => {
  const internal = new URL("../../dist/reading.js", import.meta.url).href;
  const { Reading } = (await import(internal)) as typeof import("../lib/reading.js");
  const messages = new Uint8Array(COUNT * 5);
  for (let at = 0; at < messages.length; at += 5) messages[at] = 1;
  const reading = new Reading(1, (payload) => payload.length);
  reading.messages(messages, 0, messages.length);
  reading.finish();
  let turns = 0;
  let ended = false;
  const others = (): void => {
    turns += 1;
    if (!ended) setImmediate(others);
  };
  setImmediate(others);
  let read = 0;
  let seen = 0;
  for (;;) {
    const next = await reading.next();
    if (next.done === true) break;
    assert.equal(next.value, 1);
    read += 1;
    if (turns > 0 && seen === 0) seen = read;
  }
  ended = true;
  assert.equal(read, COUNT);
  assert.ok(seen > 0 && seen < COUNT, `others came to their turn after ${String(seen)} messages`);
});
