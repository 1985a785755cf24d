// The four patterns, and what goes beside messages, between two nodes on loopback.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  Client,
  ContractViolation,
  DeadlineExceeded,
  Internal,
  InvalidArgument,
  MessageError,
  type Metadata,
  Node,
  NotFound,
  Server,
  ServiceNotFound,
} from "aster-runtime";
import { all, connected, failed, filled, shapes } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const time = { timeout: 30_000 };

await test("a request has a response", time, async () => {
  await connected({}, async ({ stub }) => {
    const reply = await stub.unary({ text: "Ada" });
    assert.equal(reply.text, "Ada");
    assert.equal(await stub.value({ text: "four" }), 4);
    const nothing: Promise<unknown> = stub.nothing({ text: "" });
    assert.equal(await nothing, undefined);
    assert.equal(await stub.parameters({ text: "x" }), "x 7");
  });
});

await test("many calls at once have each its own response", time, async () => {
  await connected({}, async ({ stub }) => {
    const texts = Array.from({ length: 200 }, (_, number) => `call ${String(number)}`);
    const replies = await Promise.all(texts.map((text) => stub.unary({ text })));
    assert.deepEqual(
      replies.map((reply) => reply.text),
      texts,
    );
  });
});

await test("large messages arrive whole, both ways", time, async () => {
  await connected({}, async ({ stub }) => {
    for (const size of [0, 1, 1000, 32 * 1024 - 1, 40_000, 1024 * 1024, 5_000_000]) {
      const request = filled(size);
      const reply = await stub.unary(request);
      assert.deepEqual(Buffer.from(reply.filling).equals(Buffer.from(request.filling ?? [])), true);
    }
  });
});

await test("responses stream", time, async () => {
  await connected({}, async ({ stub }) => {
    const found = await all(stub.serverStream({ text: "abc" }));
    assert.deepEqual(
      found.map(({ text }) => text),
      ["a", "b", "c"],
    );
    const numbers = await all(stub.serverStreamValue({ from: 0, to: 5000 }));
    assert.deepEqual(
      numbers,
      Array.from({ length: 5000 }, (_, number) => number),
    );
  });
});

await test("requests stream", time, async () => {
  await connected({}, async ({ stub }) => {
    const reply = await stub.clientStream([{ text: "a" }, { text: "b" }]);
    assert.equal(reply.text, "ab");
    async function* texts(): AsyncIterable<string> {
      for (let number = 0; number < 3000; number++) {
        if (number % 100 === 0) await new Promise(setImmediate);
        yield "12345";
      }
    }
    assert.equal(await stub.clientStreamValue(texts()), 15_000n);
    assert.equal(await stub.clientStreamValue([]), 0n);
  });
});

await test("both sides stream", time, async () => {
  await connected({}, async ({ stub }) => {
    const requests = ["a", "b", "c"].map((text) => ({ text }));
    const found = await all(stub.bidi(requests));
    assert.deepEqual(
      found.map(({ text }) => text),
      ["A", "B", "C"],
    );
    const bytes = Array.from({ length: 600 }, (_, number) =>
      new Uint8Array(1000).fill(number & 0xff),
    );
    assert.deepEqual(await all(stub.bidiValue(bytes)), bytes);
  });
});

await test("requests and responses go to and fro", time, async () => {
  await connected({}, async ({ stub }) => {
    let tell: ((text: string | undefined) => void) | undefined;
    async function* requests(): AsyncIterable<probe.In> {
      for (;;) {
        const text = await new Promise<string | undefined>((resolve) => (tell = resolve));
        if (text === undefined) return;
        yield { text, filling: new Uint8Array() };
      }
    }
    const stream = stub.bidi(requests());
    const first = stream.next();
    while (tell === undefined) await new Promise(setImmediate);
    tell("one");
    assert.equal((await first).value?.text, "ONE");
    tell("two");
    assert.equal((await stream.next()).value?.text, "TWO");
    tell(undefined);
    assert.equal((await stream.next()).done, true);
  });
});

await test("metadata goes both ways, before and after the messages", time, async () => {
  const seen: Metadata[] = [];
  await connected(
    {
      unary(request, context) {
        seen.push(context.metadata);
        context.setHeader("before", "1");
        context.setTrailer("after", "2");
        context.setTrailer("after", "3");
        return { text: request.text };
      },
      async *serverStream(_request, context) {
        context.setHeader("before", "4");
        yield { text: "one" };
        context.setTrailer("after", "5");
      },
    },
    async ({ stub }) => {
      const told: [string, Metadata][] = [];
      const listen = {
        onHeader: (metadata: Metadata) => told.push(["header", metadata]),
        onTrailer: (metadata: Metadata) => told.push(["trailer", metadata]),
      };
      await stub.unary({ text: "" }, { metadata: { name: "value" }, ...listen });
      assert.deepEqual(seen, [[["name", "value"]]]);
      assert.deepEqual(told.splice(0), [
        ["header", [["before", "1"]]],
        [
          "trailer",
          [
            ["after", "2"],
            ["after", "3"],
          ],
        ],
      ]);
      const stream = stub.serverStream({ text: "" }, listen);
      assert.deepEqual(await stream.metadata(), [["before", "4"]]);
      assert.equal((await all(stream)).length, 1);
      assert.deepEqual(stream.trailer, [["after", "5"]]);
      assert.deepEqual(told, [
        ["header", [["before", "4"]]],
        ["trailer", [["after", "5"]]],
      ]);
      await stub.unary(
        { text: "" },
        {
          metadata: [
            ["a", "1"],
            ["a", "2"],
          ] as const,
        },
      );
      assert.deepEqual(seen[1], [
        ["a", "1"],
        ["a", "2"],
      ]);
    },
  );
});

await test("a handler knows its call", time, async () => {
  await connected(
    {
      unary(_request, context) {
        assert.match(context.peer, /^[0-9a-f]{64}$/);
        assert.equal(context.service, "probe.Shapes");
        assert.equal(context.method, "unary");
        assert.equal(typeof context.callId, "bigint");
        assert.equal(context.session, undefined);
        assert.ok(context.attributes instanceof Map);
        assert.equal(context.signal.aborted, false);
        const left = context.timeLeftMs;
        return { text: left === undefined ? "no deadline" : String(left > 0 && left <= 5000) };
      },
    },
    async ({ stub }) => {
      assert.equal((await stub.unary({ text: "" }, { timeoutMs: 5000 })).text, "true");
    },
  );
});

await test("an AsterError of a handler is the status of its call", time, async () => {
  await connected(
    {
      unary() {
        throw new NotFound("no such thing", {
          details: { what: new Uint8Array([1, 2]) },
          metadata: [["hint", "look elsewhere"]],
        });
      },
      // eslint-disable-next-line require-yield
      async *serverStream() {
        await Promise.resolve();
        throw new NotFound("none");
      },
      clientStream() {
        return Promise.reject(new InvalidArgument("not so"));
      },
    },
    async ({ stub }) => {
      const error = await failed(stub.unary({ text: "" }));
      assert.ok(error instanceof NotFound);
      assert.equal(error.code, "NOT_FOUND");
      assert.equal(error.message, "no such thing");
      assert.deepEqual(error.details["what"], new Uint8Array([1, 2]));
      assert.deepEqual(error.metadata, [["hint", "look elsewhere"]]);
      await assert.rejects(all(stub.serverStream({ text: "" })), NotFound);
      await assert.rejects(stub.clientStream([]), InvalidArgument);
    },
  );
});

await test("what else a handler throws stays at the server", time, async () => {
  const told: [unknown, string, string][] = [];
  const secret = new Error("the secret");
  await connected(
    {
      unary() {
        throw secret;
      },
      async *bidi() {
        yield { text: "one" };
        throw secret;
      },
      value() {
        return "no number" as unknown as number;
      },
    },
    async ({ stub }) => {
      const error = await failed(stub.unary({ text: "" }));
      assert.ok(error instanceof Internal);
      const [[first, where, reference] = []] = told;
      assert.equal(first, secret);
      assert.equal(where, "the handler of probe.Shapes.unary failed");
      assert.equal(error.message, `the handler failed, reference ${String(reference)}`);
      await assert.rejects(all(stub.bidi([])), Internal);
      await assert.rejects(stub.value({ text: "" }), Internal);
      assert.ok(told[2]?.[0] instanceof MessageError);
    },
    { server: { onError: (...all) => told.push(all) } },
  );
});

await test("a deadline ends a call at both ends", time, async () => {
  let reason: unknown;
  let ended = (): void => {};
  const over = new Promise<void>((resolve) => (ended = resolve));
  await connected(
    {
      unary(_request, context) {
        return new Promise((_resolve, reject) => {
          context.signal.addEventListener("abort", () => {
            reason = context.signal.reason;
            ended();
            reject(new Error("nobody hears this"));
          });
        });
      },
    },
    async ({ stub }) => {
      await assert.rejects(stub.unary({ text: "" }, { timeoutMs: 100 }), DeadlineExceeded);
      await over;
      // the server hears of the caller's end, or looks at the clock first
      assert.ok(reason instanceof DeadlineExceeded || reason instanceof Cancelled);
    },
    { server: { onError: () => {} } },
  );
});

await test("messages of the wrong type are refused where they are made", time, async () => {
  await connected({}, async ({ stub }) => {
    const wrong = { text: 7 } as unknown as probe.InInit;
    await assert.rejects(stub.unary(wrong), MessageError);
    await assert.rejects(stub.unary(undefined as unknown as probe.InInit), MessageError);
    await assert.rejects(stub.clientStream([{ text: "fine" }, wrong]), MessageError);
    await assert.rejects(stub.clientStream(7 as unknown as probe.InInit[]), TypeError);
    await assert.rejects(all(stub.bidi([wrong])), MessageError);
    assert.throws(() => stub.serverStream(wrong), MessageError);
    await assert.rejects(
      stub.unary({ text: "" }, { timeoutMs: "1" as unknown as number }),
      TypeError,
    );
    await assert.rejects(stub.unary({ text: "" }, { timeoutMs: -1 }), RangeError);
    await assert.rejects(stub.unary({ text: "" }, { metadata: "x" as unknown as [] }), TypeError);
    await assert.rejects(stub.unary({ text: "" }, 7 as unknown as object), TypeError);
    await assert.rejects(
      stub.unary({ text: "" }, { metadata: { "no good": "" } }),
      InvalidArgument,
    );
    // nothing of that has harmed the connection
    assert.equal((await stub.unary({ text: "still" })).text, "still");
  });
});

await test("a service that is not served, or not implemented, is said so", time, async () => {
  const node = await Node.dev();
  const server = await new Server(node, []).start();
  const client = await Client.connect(node, node.address);
  assert.throws(() => new probe.ShapesClient(client), ServiceNotFound);
  const lacking = shapes({ unary: undefined as never });
  assert.throws(() => probe.Shapes.implement(lacking), TypeError);
  assert.throws(() => new Server(node, [7 as never]), TypeError);
  client.close();
  await server.shutdown({ graceMs: 100 });
  await node.close();
});

await test("what the source of requests throws is what its call ends with", time, async () => {
  await connected({}, async ({ stub }) => {
    const thrown = new Error("the source");
    async function* requests(): AsyncIterable<probe.In> {
      yield { text: "one", filling: new Uint8Array() };
      await Promise.resolve();
      throw thrown;
    }
    await assert.rejects(stub.clientStream(requests()), thrown);
    await assert.rejects(all(stub.bidi(requests())), thrown);
  });
});

await test("a payload that does not fit is a violation of the contract", time, async () => {
  await connected({}, async ({ client }) => {
    const service = await client.service("Shapes");
    const error = await failed(service.method("unary").call({ text: 7, filling: "" }));
    assert.ok(error instanceof ContractViolation);
    assert.match(error.message, /text/);
  });
});
