// Who gives up: signals, loops that are left, streams that nobody reads, peers that vanish.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancelled } from "aster-runtime";
import { all, connected, failed, Hanging, noise, Signal } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const time = { timeout: 30_000 };

/** Begins a stream that nobody holds: not in the frame of the test either. */
async function begin(stub: probe.ShapesClient): Promise<void> {
  await stub.serverStream({ text: "" }).next();
}

await test("an aborted signal cancels a call at the server", time, async () => {
  const hanging = new Hanging();
  await connected({ unary: hanging.unary }, async ({ stub }) => {
    const controller = new AbortController();
    const call = failed(stub.unary({ text: "" }, { signal: controller.signal }));
    await hanging.begun.promise;
    const reason = new Error("enough");
    controller.abort(reason);
    const error = await call;
    assert.ok(error instanceof Cancelled);
    assert.equal(error.cause, reason);
    assert.ok((await hanging.ended.promise) instanceof Cancelled);
  });
});

await test("a signal that is aborted before a call keeps it from the server", time, async () => {
  let calls = 0;
  const methods: Partial<probe.Shapes> = {
    unary: () => {
      calls += 1;
      return { text: "" };
    },
  };
  await connected(methods, async ({ stub }) => {
    const signal = AbortSignal.abort();
    await assert.rejects(stub.unary({ text: "" }, { signal }), Cancelled);
    await assert.rejects(stub.clientStream([], { signal }), Cancelled);
    await assert.rejects(all(stub.serverStream({ text: "" }, { signal })), Cancelled);
    await assert.rejects(all(stub.bidi([], { signal })), Cancelled);
    await stub.unary({ text: "" });
    assert.equal(calls, 1);
  });
});

await test("a loop that is left cancels its call at the server", time, async () => {
  const ended = new Signal<string>();
  await connected(
    {
      async *serverStream() {
        try {
          for (;;) {
            await new Promise(setImmediate);
            yield { text: "more" };
          }
        } finally {
          ended.set("left");
        }
      },
    },
    async ({ stub, node }) => {
      for await (const reply of stub.serverStream({ text: "" })) {
        assert.equal(reply.text, "more");
        break;
      }
      assert.equal(await ended.promise, "left");
      assert.equal(node.stats().callsInFlight, 0);
    },
  );
});

await test("a stream ends by its signal, and by `cancel`", time, async () => {
  await connected(
    {
      async *serverStream(_request, context) {
        yield { text: "one" };
        await new Promise((resolve) => {
          context.signal.addEventListener("abort", resolve);
        });
      },
    },
    async ({ stub }) => {
      const controller = new AbortController();
      const stream = stub.serverStream({ text: "" }, { signal: controller.signal });
      assert.equal((await stream.next()).value?.text, "one");
      const next = failed(stream.next());
      controller.abort();
      assert.ok((await next) instanceof Cancelled);
      assert.equal((await stream.next()).done, true);
      const other = stub.serverStream({ text: "" });
      await other.next();
      const waits = other.next();
      other.cancel();
      assert.equal((await waits).done, true);
      assert.equal((await other.next()).done, true);
    },
  );
});

await test("an unread stream stops its sender", time, async () => {
  let sent = 0;
  const paused = new Signal();
  await connected(
    {
      async *serverStream() {
        for (; sent < 2000; sent++) {
          const timer = setTimeout(() => {
            paused.set();
          }, 500);
          yield noise(16 * 1024);
          clearTimeout(timer);
        }
      },
    },
    async ({ stub }) => {
      const stream = stub.serverStream({ text: "" });
      await stream.next();
      await paused.promise;
      const before = sent;
      assert.ok(before < 1000, `${String(before)} messages wait somewhere`);
      let rest = 0;
      for await (const reply of stream) rest += reply.filling.length === 16 * 1024 ? 1 : 0;
      assert.equal(rest, 1999);
    },
  );
});

await test("requests that nobody reads stop their source", time, async () => {
  let made = 0;
  const paused = new Signal();
  const go = new Signal();
  await connected(
    {
      async clientStream(requests) {
        await go.promise;
        let count = 0;
        for await (const request of requests) count += request.filling.length > 0 ? 1 : 0;
        return { text: String(count) };
      },
    },
    async ({ stub }) => {
      async function* requests(): AsyncIterable<probe.InInit> {
        for (; made < 2000; made++) {
          const timer = setTimeout(() => {
            paused.set();
          }, 500);
          await Promise.resolve();
          yield noise(16 * 1024);
          clearTimeout(timer);
        }
      }
      const call = stub.clientStream(requests());
      await paused.promise;
      assert.ok(made < 1000, `${String(made)} messages wait somewhere`);
      go.set();
      assert.equal((await call).text, "2000");
    },
  );
});

await test("a handler that has enough ends the source of its requests", time, async () => {
  const ended = new Signal();
  await connected(
    {
      async clientStream(requests) {
        for await (const request of requests) return { text: request.text };
        return { text: "none" };
      },
    },
    async ({ stub }) => {
      async function* requests(): AsyncIterable<probe.InInit> {
        try {
          for (;;) {
            await new Promise(setImmediate);
            yield { text: "first" };
          }
        } finally {
          ended.set();
        }
      }
      assert.equal((await stub.clientStream(requests())).text, "first");
      await ended.promise;
    },
  );
});

await test(
  "a stream that was never iterated makes no call, and one that was lost is ended",
  time,
  async () => {
    let calls = 0;
    const ended = new Signal();
    await connected(
      {
        async *serverStream(_request, context) {
          calls += 1;
          context.signal.addEventListener("abort", () => {
            ended.set();
          });
          for (;;) {
            await new Promise(setImmediate);
            yield { text: "" };
          }
        },
      },
      async ({ stub }) => {
        stub.serverStream({ text: "" });
        await stub.unary({ text: "" });
        assert.equal(calls, 0);
        await begin(stub);
        assert.equal(calls, 1);
        const gc = globalThis.gc;
        assert.ok(gc !== undefined, "node runs without --expose-gc");
        const over = ended.promise.then(() => true);
        const turn = (): Promise<false> => new Promise((resolve) => setTimeout(resolve, 10, false));
        do {
          gc();
        } while (!(await Promise.race([over, turn()])));
      },
    );
  },
);

await test("two who wait for one stream get their messages in order", time, async () => {
  await connected({}, async ({ stub }) => {
    const stream = stub.serverStreamValue({ from: 0, to: 3 });
    const found = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    assert.deepEqual(
      found.map(({ value }) => value),
      [0, 1, 2, undefined],
    );
  });
});
