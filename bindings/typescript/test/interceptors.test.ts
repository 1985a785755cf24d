// Interceptors in TypeScript, and the runtime's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Audit,
  CircuitBreaker,
  type ClientHooks,
  type Context,
  Internal,
  type Outcome,
  PermissionDenied,
  RateLimit,
  ResourceExhausted,
  type ServerHooks,
  Unavailable,
} from "aster-runtime";
import { all, connected, failed, Signal } from "./calls-support.js";

const time = { timeout: 30_000 };

await test("interceptors of a server see each call once, of every pattern", time, async () => {
  const seen: string[] = [];
  const ended = new Signal();
  const hooks: ServerHooks = {
    async before(call) {
      await Promise.resolve();
      seen.push(`before ${call.method} ${String(call.metadata.length)}`);
      call.setTrailer("seen", "yes");
    },
    after(call, outcome) {
      seen.push(`after ${call.method} ${outcome.code}`);
      assert.ok(outcome.elapsedMs >= 0);
      if (call.method === "nothing") ended.set();
    },
  };
  await connected(
    {},
    async ({ stub }) => {
      let trailer: unknown;
      await stub.unary(
        { text: "" },
        { metadata: { a: "1" }, onTrailer: (metadata) => (trailer = metadata) },
      );
      assert.deepEqual(trailer, [["seen", "yes"]]);
      await all(stub.serverStream({ text: "ab" }));
      await stub.clientStream([]);
      await all(stub.bidi([]));
      await stub.nothing({ text: "" });
      await ended.promise;
      assert.deepEqual(seen, [
        "before unary 1",
        "after unary OK",
        "before server_stream 0",
        "after server_stream OK",
        "before client_stream 0",
        "after client_stream OK",
        "before bidi 0",
        "after bidi OK",
        "before nothing 0",
        "after nothing OK",
      ]);
    },
    { server: { interceptors: [hooks] } },
  );
});

await test("an interceptor of a server refuses calls", time, async () => {
  const told: unknown[] = [];
  let handled = 0;
  const hooks: ServerHooks = {
    before(call: Context) {
      if (call.metadata.length === 0) throw new PermissionDenied("say who you are");
      if (call.metadata[0]?.[0] === "broken") throw new Error("the secret");
    },
  };
  await connected(
    {
      unary: () => {
        handled += 1;
        return { text: "" };
      },
    },
    async ({ stub }) => {
      await assert.rejects(stub.unary({ text: "" }), PermissionDenied);
      assert.ok(
        (await failed(stub.unary({ text: "" }, { metadata: { broken: "" } }))) instanceof Internal,
      );
      assert.equal((told[0] as Error).message, "the secret");
      await stub.unary({ text: "" }, { metadata: { who: "me" } });
      assert.equal(handled, 1);
    },
    { server: { interceptors: [hooks], onError: (error) => told.push(error) } },
  );
});

await test(
  "interceptors of a client add metadata, hear of attempts, and of the end",
  time,
  async () => {
    const seen: string[] = [];
    const outcomes: Outcome[] = [];
    const hooks: ClientHooks = {
      before(call) {
        assert.equal(call.service, "probe.Shapes");
        seen.push(`before ${call.method} ${String(call.isIdempotent)}`);
        assert.throws(() => {
          call.addMetadata("not good", "");
        }, RangeError);
        call.addMetadata("added", "yes");
      },
      onAttempt(call, attempt) {
        seen.push(`attempt ${String(attempt)} ${JSON.stringify(call.metadata)}`);
      },
      after(call, outcome) {
        seen.push(`after ${call.method}`);
        outcomes.push(outcome);
      },
    };
    let fail = 1;
    await connected(
      {
        value(_request, context) {
          assert.deepEqual(context.metadata, [["added", "yes"]]);
          if (fail-- > 0) throw new Unavailable("not yet");
          return 1;
        },
      },
      async ({ stub }) => {
        assert.equal(await stub.value({ text: "" }), 1);
        assert.deepEqual(seen, [
          "before value true",
          'attempt 1 [["added","yes"]]',
          'attempt 2 [["added","yes"]]',
          "after value",
        ]);
        assert.equal(outcomes[0]?.code, "OK");
      },
      { client: { interceptors: [hooks] } },
    );
  },
);

await test("what an interceptor of a client throws ends the call", time, async () => {
  let handled = 0;
  await connected(
    {
      unary: () => {
        handled += 1;
        return { text: "" };
      },
    },
    async ({ stub }) => {
      await assert.rejects(stub.unary({ text: "" }), PermissionDenied);
      assert.equal(handled, 0);
    },
    {
      client: {
        interceptors: [
          {
            before() {
              throw new PermissionDenied("not from here");
            },
          },
        ],
      },
    },
  );
});

await test("the runtime's own interceptors limit and log", time, async () => {
  await connected(
    {},
    async ({ stub }) => {
      await stub.unary({ text: "" });
      await stub.unary({ text: "" });
      await assert.rejects(stub.unary({ text: "" }), ResourceExhausted);
    },
    { server: { interceptors: [new RateLimit(0.001, { burst: 2 }), new Audit()] } },
  );
  let calls = 0;
  await connected(
    {
      unary() {
        calls += 1;
        throw new Unavailable("down");
      },
    },
    async ({ stub }) => {
      for (let call = 0; call < 5; call++)
        await assert.rejects(stub.unary({ text: "" }), Unavailable);
      assert.equal(calls, 2);
    },
    {
      client: {
        interceptors: [new CircuitBreaker({ failures: 2, pauseMs: 60_000 })],
        retry: false,
      },
    },
  );
  assert.throws(() => new RateLimit(-1), RangeError);
  assert.throws(() => new RateLimit(1, { per: "moon" as never }), RangeError);
  assert.throws(() => new RateLimit("1" as never), TypeError);
});

await test("an interceptor at the wrong end is refused", time, async () => {
  await assert.rejects(
    connected({}, () => Promise.resolve(), {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is the wrong one
      server: { interceptors: [new CircuitBreaker({ pauseMs: 1 })] },
    }),
    TypeError,
  );
  await assert.rejects(
    connected({}, () => Promise.resolve(), {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is the wrong one
      client: { interceptors: [new Audit()] },
    }),
    TypeError,
  );
  await assert.rejects(
    connected({}, () => Promise.resolve(), { client: { interceptors: [7 as never] } }),
    TypeError,
  );
});

await test("calls that a handler makes end with the deadline of its own", time, async () => {
  const left = new Signal<number | undefined>();
  await connected(
    {
      value(_request, context) {
        left.set(context.timeLeftMs);
        return 1;
      },
    },
    async (inner) => {
      await connected(
        {
          async unary() {
            await new Promise(setImmediate);
            await inner.stub.value({ text: "" });
            return { text: "" };
          },
        },
        async ({ stub }) => {
          await stub.unary({ text: "" }, { timeoutMs: 7000 });
          const time = await left.promise;
          assert.ok(time !== undefined && time <= 7000, String(time));
        },
      );
    },
  );
});
