// How calls end that go wrong at the caller, and who hears of it.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import {
  Cancelled,
  Client,
  CircuitBreaker,
  ContractViolation,
  Internal,
  Node,
  PermissionDenied,
  RateLimit,
  ResourceExhausted,
  Server,
  StartError,
} from "aster-runtime";
import * as probe from "./gen/probe.js";
import { all, connected, failed, shapes, Signal } from "./calls-support.js";

const time = { timeout: 30_000 };
const LARGE = new Uint8Array(17 << 20);

/** A source whose `next` waits until it is told that nobody takes any more. */
class Source implements AsyncIterableIterator<{ text: string; filling: string }> {
  readonly told = new Signal();
  #left = 1;

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<{ text: string; filling: string }>> {
    if (this.#left-- > 0) {
      return Promise.resolve({ done: false, value: { text: "once", filling: "" } });
    }
    return new Promise(() => {});
  }

  return(): Promise<IteratorResult<never>> {
    this.told.set();
    return Promise.resolve({ done: true, value: undefined as never });
  }
}

await test("a request that cannot be sent ends a stream in both directions", time, async () => {
  let whole = false;
  let entered = new Signal();
  let ended = new Signal();
  const again = (): void => {
    entered = new Signal();
    ended = new Signal();
  };
  await connected(
    {
      async *bidi(requests) {
        entered.set();
        try {
          for await (const { text } of requests) yield { text };
          whole = true;
        } finally {
          ended.set();
        }
      },
    },
    async ({ client, stub }) => {
      // a call that is given up before its handler begins has none
      async function* after<T>(first: T, then: () => Iterable<T>): AsyncIterable<T> {
        yield first;
        await entered.promise;
        yield* then();
      }
      const items = after<{ text: string; filling?: Uint8Array }>({ text: "first" }, () => [
        { text: "large", filling: LARGE },
        { text: "after" },
      ]);
      const found: string[] = [];
      const reading = (async (): Promise<void> => {
        for await (const { text } of stub.bidi(items)) found.push(text);
      })();
      assert.ok((await failed(reading)) instanceof ResourceExhausted);
      assert.ok(!found.includes("after"));
      await ended.promise;
      assert.ok(!whole);
      const method = (await client.service("Shapes")).method("bidi");
      again();
      const first = { text: "first", filling: "" };
      const stream = method.stream(after<object>(first, () => [{ text: "no filling" }]));
      assert.ok((await failed(all(stream))) instanceof ContractViolation);
      await ended.promise;
      assert.ok(!whole);
      const thrown = new Error("the source");
      const fails = (): never => {
        throw thrown;
      };
      for (const begin of [
        () => stub.bidi(after({ text: "first" }, fails)),
        () => method.stream(after(first, fails)),
      ]) {
        again();
        assert.equal(await failed(all<unknown>(begin())), thrown);
        await ended.promise;
        assert.ok(!whole);
      }
    },
  );
});

await test("an aborted stream of a described service is no whole one", time, async () => {
  await connected(
    {
      async *serverStream() {
        for (;;) {
          await new Promise(setImmediate);
          yield { text: "more" };
        }
      },
    },
    async ({ client }) => {
      const method = (await client.service("Shapes")).method("server_stream");
      const aborter = new AbortController();
      const { signal } = aborter;
      const stream = method.stream({ text: "", filling: "" }, { signal });
      await stream.next();
      const reason = new Error("enough");
      aborter.abort(reason);
      const error = await failed(all(stream));
      assert.ok(error instanceof Cancelled);
      assert.equal(error.cause, reason);
      assert.equal(getEventListeners(signal, "abort").length, 0);
    },
  );
});

await test("a signal has one listener, and none when its calls are over", time, async () => {
  const warned: string[] = [];
  const warn = (warning: Error): void => {
    warned.push(warning.message);
  };
  process.on("warning", warn);
  await connected({}, async ({ client, stub }) => {
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, "abort").length;
    const calls = Array.from({ length: 50 }, () => stub.unary({ text: "x" }, { signal }));
    assert.equal(listeners(), 1);
    await Promise.all(calls);
    const method = (await client.service("Shapes")).method("server_stream");
    for (let count = 0; count < 5; count++) {
      await all(stub.serverStream({ text: "xx" }, { signal }));
      await all(method.stream({ text: "xx", filling: "" }, { signal }));
      const left = method.stream({ text: "xx", filling: "" }, { signal });
      await left.next();
      await left.close();
    }
    assert.equal(listeners(), 0);
  });
  await new Promise(setImmediate);
  process.off("warning", warn);
  assert.deepEqual(warned, []);
});

await test("a stream of a described service that nobody holds ends its call", time, async () => {
  const ended = new Signal();
  await connected(
    {
      async *serverStream(_request, context) {
        context.signal.addEventListener("abort", () => {
          ended.set();
        });
        for (;;) {
          await new Promise(setImmediate);
          yield { text: "more" };
        }
      },
    },
    async ({ client }) => {
      const method = (await client.service("Shapes")).method("server_stream");
      const { signal } = new AbortController();
      const begin = async (): Promise<void> => {
        await method.stream({ text: "", filling: "" }, { signal }).next();
      };
      await begin();
      const over = ended.promise.then(() => true);
      const turn = async (): Promise<boolean> => {
        await new Promise(setImmediate);
        return false;
      };
      do (globalThis as { gc?: () => void }).gc?.();
      while (!(await Promise.race([over, turn()])));
      assert.equal(getEventListeners(signal, "abort").length, 0);
    },
  );
});

await test("sources are told when nobody takes any more, however they like it", time, async () => {
  await connected(
    {
      clientStream: () => ({ text: "early" }),
      clientStreamValue() {
        throw new PermissionDenied("not you");
      },
    },
    async ({ client, stub }) => {
      for (const end of [
        (): unknown => ({ done: true }),
        (): unknown => {
          throw new Error("in return()");
        },
        (): unknown => Promise.reject(new Error("in return()")),
      ]) {
        const source = {
          [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: end }),
        };
        assert.equal((await stub.clientStream(source as never)).text, "early");
        const aborter = new AbortController();
        const call = failed(stub.clientStreamValue(source as never, { signal: aborter.signal }));
        aborter.abort();
        const error = await call;
        assert.ok(error instanceof Cancelled || error instanceof PermissionDenied, String(error));
      }
      // what the source throws because the call is over is not what the call ended with
      let stop = (_error: Error): void => {};
      let trailers = 0;
      const sore = {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise<never>((_, reject) => {
              stop = reject;
            }),
          return: () => {
            stop(new Internal("told to stop", { metadata: [["a", "b"]] }));
            return Promise.resolve({ done: true, value: undefined });
          },
        }),
      };
      const onTrailer = (): void => {
        trailers += 1;
      };
      const refused = await failed(stub.clientStreamValue(sore as never, { onTrailer }));
      assert.ok(refused instanceof PermissionDenied, String(refused));
      await new Promise(setImmediate);
      assert.equal(trailers, 1);
      const service = await client.service("Shapes");
      const source = new Source();
      const early = await service.method("client_stream").call(source);
      assert.equal((early as { text: string }).text, "early");
      await source.told.promise;
    },
  );
});

await test("what the source of a described stream throws is what it ends with", time, async () => {
  const begun = new Signal();
  const seen = new Signal<unknown>();
  await connected(
    {
      async clientStream(requests) {
        try {
          for await (const { text } of requests) {
            assert.equal(text, "x");
            begun.set();
          }
          seen.set("the end");
        } catch (error) {
          seen.set(error);
        }
        return { text: "" };
      },
    },
    async ({ client }) => {
      const thrown = new RangeError("the source's");
      async function* requests(until: Promise<void>): AsyncGenerator {
        yield { text: "x", filling: "" };
        await until;
        throw thrown;
      }
      const service = await client.service("Shapes");
      const both = service.method("bidi").stream(requests(Promise.resolve()));
      await assert.rejects(all(both), thrown);
      await assert.rejects(service.method("client_stream").call(requests(begun.promise)), thrown);
      // half a stream is not taken for a whole one
      assert.notEqual(await seen.promise, "the end");
    },
  );
});

await test("metadata of a call that has failed is not waited for", time, async () => {
  await connected(
    {
      // eslint-disable-next-line require-yield -- it fails before its first
      async *serverStream() {
        await Promise.resolve();
        throw new PermissionDenied("not you");
      },
    },
    async ({ stub }) => {
      const stream = stub.serverStream({ text: "" });
      await assert.rejects(stream.next(), PermissionDenied);
      await assert.rejects(stream.metadata(), PermissionDenied);
      const left = stub.serverStream({ text: "" });
      const asked = failed(left.metadata());
      left.cancel();
      assert.ok((await asked) instanceof Error);
      await assert.rejects(left.metadata(), Cancelled);
    },
  );
});

await test("a server that is over does not start", time, async () => {
  const node = await Node.dev();
  const service = probe.Shapes.implement(shapes());
  const server = await new Server(node, [service]).start();
  await server.shutdown();
  await assert.rejects(server.start(), StartError);
  await node.close();
  await assert.rejects(new Server(node, [service]).start(), StartError);
});

await test("a handler that is told to stop is at no fault", time, async () => {
  const told: unknown[] = [];
  const begun = new Signal();
  const ended = new Signal();
  await connected(
    {
      async unary(_request, { signal }) {
        begun.set();
        try {
          await new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              reject(new Error("aborted"));
            });
          });
          return { text: "" };
        } finally {
          ended.set();
        }
      },
    },
    async ({ stub }) => {
      const aborter = new AbortController();
      const call = failed(stub.unary({ text: "" }, { signal: aborter.signal }));
      await begun.promise;
      aborter.abort();
      assert.ok((await call) instanceof Cancelled);
      await ended.promise;
      await new Promise(setImmediate);
    },
    { server: { onError: (error) => told.push(error) } },
  );
  assert.deepEqual(told, []);
});

await test("a status that cannot be sent is a fault, and is told", time, async () => {
  const told: unknown[] = [];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const wrong: unknown[] = [
    new PermissionDenied("x", { metadata: Array.from({ length: 100 }, () => ["a", "b"] as const) }),
    new PermissionDenied("x", { metadata: [["Upper", "b"]] }),
    proxy,
  ];
  await connected(
    {
      unary({ text }) {
        throw wrong[Number(text)];
      },
    },
    async ({ stub }) => {
      for (const text of ["0", "1", "2"]) await assert.rejects(stub.unary({ text }), Internal);
      assert.equal(told.length, 3);
    },
    { server: { onError: (error) => told.push(error) } },
  );
});

await test("names and kinds of options that are none are refused", time, async () => {
  const node = await Node.dev();
  const service = probe.Shapes.implement(shapes());
  const wrong: (() => unknown)[] = [
    () => new Server(node, [service], { onerror: () => {} } as never),
    () => new Server(node, [service], { onError: "x" } as never),
    () => new Server(node, [service], { uncompressed: "probe.Shapes/unary" } as never),
    () => probe.Notes.perSession(() => ({}) as never, { onclose: () => {} } as never),
    () => new RateLimit(1, { brust: 7 } as never),
    () => new CircuitBreaker({ failure: 7, pauseMs: 1 } as never),
    () => {
      node.admit(node.address, { roles: "admin" } as never);
    },
    () => {
      node.admit(node.address, { role: ["admin"] } as never);
    },
    ...[{}, [() => {}], new Map(), { befor: () => {} }, { before: "x" }, Promise.resolve()].map(
      (interceptor) => () => new Server(node, [service], { interceptors: [interceptor as never] }),
    ),
  ];
  for (const make of wrong) assert.throws(make, TypeError, String(make));
  for (const count of [0, -1, 1.5, NaN, 2 ** 32 + 2, Infinity]) {
    assert.throws(() => new RateLimit(1, { burst: count }), RangeError);
    assert.throws(() => new CircuitBreaker({ failures: count, pauseMs: 1 }), RangeError);
  }
  await new Server(node, [service]).start();
  for (const options of [{ timeout: 1 }, { interceptor: [] }, { uncompressed: "probe.Shapes" }]) {
    await assert.rejects(Client.connect(node, node.address, options as never), TypeError);
  }
  const client = await Client.connect(node, node.address);
  const stub = new probe.ShapesClient(client);
  const calls: object[] = [{ timeout: 1 }, { onHeader: "x" }, { metadata: { a: "\ud800" } }];
  for (const options of calls) {
    await assert.rejects(async () => await stub.unary({ text: "" }, options), TypeError);
  }
  assert.throws(() => client.session({ overlap: true } as never), TypeError);
  assert.equal((await stub.unary({ text: "x" }, { timeoutMs: Number.MAX_VALUE })).text, "x");
  client.close();
  await node.close();
});

await test("what an interceptor of a client throws is said to its program", time, async () => {
  const before = (): never => {
    throw new RangeError("the interceptor's");
  };
  await connected(
    {},
    async ({ stub }) => {
      await assert.rejects(
        stub.unary({ text: "" }),
        /an interceptor failed: RangeError: the interceptor's/,
      );
    },
    { client: { interceptors: [{ before }] } },
  );
});
