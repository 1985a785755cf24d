// Messages come in their order, also to a loop that has been busy.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { connected } from "./calls-support.js";

/** Keeps this thread busy. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

await test(
  "what arrives while records are read comes after them",
  { timeout: 60_000 },
  async () => {
    await connected(
      {
        bidiValue(requests) {
          // the records of this wake-up have the first messages; more arrive before they are read
          block(100);
          return requests;
        },
      },
      async ({ node }) => {
        const program = new URL("worker.js", import.meta.url);
        const worker = new Worker(program, { workerData: { address: node.address, count: 5000 } });
        assert.deepEqual(await once(worker, "message"), ["ready"]);
        // until the call and its first messages wait for this thread, all in one wake-up
        while (node.stats().callsInFlight === 0) block(1);
        block(100);
        assert.deepEqual(await once(worker, "message"), ["done"]);
        assert.deepEqual(await once(worker, "exit"), [0]);
      },
    );
  },
);
