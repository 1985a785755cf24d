// When a process ends, and what workers have of their own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { child } from "./child.js";
import { connected, Signal } from "./calls-support.js";

const time = { timeout: 30_000 };

await test("a process whose client and node are idle ends by itself", time, async () => {
  await connected({}, async ({ node }) => {
    const idle = child("idle", node.address);
    assert.equal(await idle.line(), "once");
    assert.deepEqual(await idle.end(), [0, ""]);
  });
});

await test("a process whose server was shut down ends by itself", time, async () => {
  const stopped = child("stopped");
  assert.equal(await stopped.line(), "own");
  assert.deepEqual(await stopped.end(), [0, ""]);
});

await test("a process may exit in the middle of calls", time, async () => {
  assert.deepEqual(await child("exit").end(), [7, ""]);
});

await test("an error at the top ends a process that serves", time, async () => {
  const [code, errors] = await child("throws").end();
  assert.equal(code, 1);
  assert.match(errors, /thrown at the top/);
});

await test("what a program's own functions throw costs no more than their call", time, async () => {
  const hooks = child("hooks");
  const lines = ["RangeError", "RangeError", "RangeError", '"X"', '{"text":"answered"', "Internal"];
  for (const line of lines) assert.equal((await hooks.line()).slice(0, line.length), line);
  const [code, errors] = await hooks.end();
  assert.equal(code, 0, errors);
  for (const said of ["after a call", "at an attempt", "onTrailer failed", "onError failed"]) {
    assert.ok(errors.includes(said), `${said} in ${errors}`);
  }
  assert.ok(errors.includes("Error: the handler's"));
});

await test("a process ends though it has not read all of its streams", time, async () => {
  const unread = child("unread");
  assert.equal(await unread.line(), "3");
  assert.deepEqual(await unread.end(), [0, ""]);
});

await test("what is read late is read to its end", time, async () => {
  const late = child("unread-read");
  assert.equal(await late.line(), "Cancelled");
  assert.equal(await late.line(), "Cancelled");
  assert.deepEqual(await late.end(), [0, ""]);
});

const PROGRAM = new URL("worker.js", import.meta.url);

await test("workers have clients and servers of their own", time, async () => {
  await connected({}, async ({ node }) => {
    const workers = Array.from(
      { length: 3 },
      () => new Worker(PROGRAM, { workerData: { address: node.address } }),
    );
    const replies = workers.map(async (worker) => {
      const [reply] = (await once(worker, "message")) as [string];
      const [code] = (await once(worker, "exit")) as [number];
      return [reply, code] as const;
    });
    assert.deepEqual(await Promise.all(replies), [
      ["done", 0],
      ["done", 0],
      ["done", 0],
    ]);
  });
});

await test(
  "a worker that is ended in the middle of calls takes its calls with it",
  time,
  async () => {
    const begun = new Signal();
    const ended = new Signal();
    await connected(
      {
        unary(_request, context) {
          context.signal.addEventListener("abort", () => {
            ended.set();
          });
          begun.set();
          return new Promise(() => {});
        },
      },
      async ({ node, stub }) => {
        const worker = new Worker(PROGRAM, { workerData: { address: node.address, hang: true } });
        await begun.promise;
        await worker.terminate();
        await ended.promise;
        assert.equal(await stub.value({ text: "four" }), 4);
      },
    );
  },
);
