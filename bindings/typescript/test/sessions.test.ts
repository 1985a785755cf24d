// Sessions: an instance for each, state that is kept, and an end that is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Client,
  type ClientOptions,
  FailedPrecondition,
  Internal,
  Node,
  NotFound,
  PermissionDenied,
  Server,
  type ServerOptions,
  type Session,
} from "aster-runtime";
import type { Context, SessionContext } from "aster-runtime/codegen/v1";
import * as probe from "./gen/probe.js";
import { failed, Signal } from "./calls-support.js";

const time = { timeout: 30_000 };

class Notes implements probe.Notes {
  readonly texts: string[] = [];
  running = 0;
  most = 0;

  async add(request: probe.AddRequest, context: Context): Promise<void> {
    assert.equal(typeof context.session, "bigint");
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.running -= 1;
    this.texts.push(request.text);
  }

  all(): string[] {
    return [...this.texts];
  }
}

/** Makes notes, and hears how they end. */
class Watched {
  readonly made: Notes[] = [];
  readonly seen: SessionContext[] = [];
  readonly ended: string[] = [];
  readonly end = new Signal<string>();
  readonly overlapping: boolean;

  constructor(overlapping = false) {
    this.overlapping = overlapping;
  }

  async serve(
    work: (client: Client, node: Node) => Promise<void>,
    options: { server?: ServerOptions; client?: ClientOptions; make?: () => Notes } = {},
  ): Promise<void> {
    const service = probe.Notes.perSession(
      (session) => {
        this.seen.push(session);
        const notes = options.make?.() ?? new Notes();
        this.made.push(notes);
        return notes;
      },
      {
        overlapping: this.overlapping,
        onClose: async (notes, end) => {
          await Promise.resolve();
          assert.ok(this.made.includes(notes));
          this.ended.push(end);
          this.end.set(end);
        },
      },
    );
    const node = await Node.dev();
    const other = await Node.dev();
    await new Server(node, [service], options.server).start();
    const client = await Client.connect(other, node.address, options.client);
    await work(client, node);
    client.close();
    await other.close();
    await node.close();
  }
}

await test("each session has an instance of its own", time, async () => {
  const watched = new Watched();
  await watched.serve(async (client) => {
    const [one, other]: [Session, Session] = [client.session(), client.session()];
    assert.equal(one.id, undefined);
    const [first, second] = [new probe.NotesClient(one), new probe.NotesClient(other)];
    await first.add({ text: "a" });
    await first.add({ text: "b" });
    await second.add({ text: "c" });
    assert.deepEqual(await first.all(), ["a", "b"]);
    assert.deepEqual(await second.all(), ["c"]);
    assert.equal(watched.made.length, 2);
    assert.equal(watched.seen[0]?.id, one.id);
    assert.match(watched.seen[0]?.peer ?? "", /^[0-9a-f]{64}$/);
    await one.close();
    assert.equal(await watched.end.promise, "closed");
    await assert.rejects(first.all(), NotFound);
    assert.deepEqual(await second.all(), ["c"]);
  });
});

await test("a described service is called in a session", time, async () => {
  const watched = new Watched();
  await watched.serve(async (client) => {
    const session = client.session();
    const notes = await session.service("probe.Notes");
    assert.equal(notes.contractId, probe.NotesClient.CONTRACT_ID);
    await notes.method("add").call({ text: "a" });
    assert.deepEqual(await new probe.NotesClient(session).all(), ["a"]);
    const { contractId } = notes;
    const same = await session.service("Notes", { contractId });
    assert.deepEqual(await same.method("all").call({}), { value: ["a"] });
    assert.equal(watched.made.length, 1);
    // one for sessions is none of a client, and the other way round
    await assert.rejects(client.service("Notes"), FailedPrecondition);
    await assert.rejects(session.service("aster.Node"), FailedPrecondition);
    const other = `${contractId.slice(1)}${contractId.slice(0, 1)}`;
    await assert.rejects(session.service("Notes", { contractId: other }), FailedPrecondition);
    for (const wrong of ["", "00", contractId.toUpperCase(), `${contractId}0`]) {
      await assert.rejects(session.service("Notes", { contractId: wrong }), RangeError);
      await assert.rejects(client.service("Notes", { contractId: wrong }), RangeError);
    }
    await assert.rejects(client.service("Notes", { contractId: 7 as never }), TypeError);
    await session.close();
    await assert.rejects(notes.method("all").call({}), NotFound);
  });
});

await test("the calls of a session run one at a time, unless they may overlap", time, async () => {
  for (const overlapping of [false, true]) {
    const watched = new Watched(overlapping);
    await watched.serve(async (client) => {
      const notes = new probe.NotesClient(client.session({ overlapping }));
      await notes.add({ text: "first" });
      await Promise.all(["a", "b", "c"].map((text) => notes.add({ text })));
      assert.equal((await notes.all()).length, 4);
      assert.equal(watched.made[0]?.most === 1, !overlapping);
    });
  }
});

await test("a session is lost with its connection", time, async () => {
  const watched = new Watched();
  await watched.serve(async (client) => {
    await new probe.NotesClient(client.session()).add({ text: "a" });
    client.close();
    assert.equal(await watched.end.promise, "lost");
  });
});

await test(
  "what making an instance throws is the status of the call that asked",
  time,
  async () => {
    const told: unknown[] = [];
    const errors = [new PermissionDenied("not you"), new Error("secret")];
    const watched = new Watched();
    await watched.serve(
      async (client) => {
        const call = (): Promise<unknown> => failed(new probe.NotesClient(client.session()).all());
        assert.ok((await call()) instanceof PermissionDenied);
        const error = await call();
        assert.ok(error instanceof Internal);
        assert.match(error.message, /^the session cannot begin, reference [0-9a-f]{16}$/);
        assert.equal((told[0] as Error).message, "secret");
      },
      {
        server: { onError: (error) => told.push(error) },
        make: () => {
          throw errors.shift() as Error;
        },
      },
    );
  },
);

await test(
  "clients of services with and without sessions are made of the right thing",
  time,
  async () => {
    await new Watched().serve(async (client) => {
      await Promise.resolve();
      assert.throws(() => new probe.NotesClient(client as never), TypeError);
      assert.throws(() => new probe.ShapesClient(client.session() as never), TypeError);
    });
  },
);
