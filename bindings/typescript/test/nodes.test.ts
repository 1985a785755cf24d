// Nodes: their options, trust, statistics, health, tickets, accept loops, described services.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AlreadyServing,
  Cancelled,
  Client,
  ConnectError,
  Node,
  NotAdmitted,
  NotFound,
  Server,
  StartError,
  Ticket,
  Unauthenticated,
  Unimplemented,
} from "aster-runtime";
import { all, connected, failed, shapes } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const time = { timeout: 30_000 };

await test("wrong options are refused where they are given", time, async () => {
  await assert.rejects(Node.dev({ nothing: 1 } as never), TypeError);
  await assert.rejects(Node.dev({ bind: "nowhere" }), RangeError);
  await assert.rejects(Node.dev({ bind: 7 as never }), TypeError);
  await assert.rejects(Node.dev({ secretKey: new Uint8Array(3) }), RangeError);
  await assert.rejects(Node.dev({ limits: { calls: -1 } }), RangeError);
  await assert.rejects(Node.dev({ limits: { calls: 1.5 } }), RangeError);
  await assert.rejects(Node.dev({ limits: { nothing: 1 } as never }), TypeError);
  await assert.rejects(Node.spawn({ lookup: "moon" as never }), RangeError);
  await assert.rejects(Node.spawn({ trust: "no key" }), RangeError);
  await assert.rejects(Node.fromIdentity("/nowhere/identity"), StartError);
  const node = await Node.dev();
  await assert.rejects(Client.connect(node, "aster1damaged"), RangeError);
  await assert.rejects(Client.connect(node, 7 as never), TypeError);
  await assert.rejects(Client.connect({} as never, node.address), TypeError);
  await node.close();
});

await test("a key stays the same, and names its node", time, async () => {
  const secretKey = new Uint8Array(32).fill(9);
  const one = await Node.dev({ secretKey });
  const first = one.id;
  await one.close();
  const other = await Node.dev({ secretKey });
  assert.equal(other.id, first);
  await other.close();
  await other.close();
});

await test("tickets are read, made and refused", time, async () => {
  const node = await Node.dev();
  const ticket = Ticket.parse(node.address);
  assert.equal(ticket.id, node.id);
  assert.equal(String(ticket), node.address);
  assert.ok(ticket.addresses.length > 0);
  assert.equal(ticket.relay, undefined);
  const made = new Ticket(node.id, { addresses: ticket.addresses });
  assert.equal(String(made), String(ticket));
  assert.throws(() => Ticket.parse("aster1x"), RangeError);
  assert.throws(() => new Ticket("x"), RangeError);
  assert.throws(() => new Ticket(node.id, { addresses: ["nowhere"] }), RangeError);
  const server = await new Server(node, []).start();
  const client = await Client.connect(node, ticket);
  assert.equal(client.peer, node.id);
  client.close();
  await server.shutdown({ graceMs: 100 });
  await node.close();
});

await test("a node with closed gates admits those it is told to", time, async () => {
  const root = "00".repeat(32);
  assert.ok(root);
  const node = await Node.spawn({ bind: "127.0.0.1:0", relay: "disabled", lookup: "none" }).catch(
    (error: unknown) => error,
  );
  // a node that nobody could be admitted to says so; otherwise it refuses strangers
  if (!(node instanceof Node)) {
    assert.ok(node instanceof StartError);
    return;
  }
  const other = await Node.dev();
  await new Server(node, [probe.Shapes.implement(shapes())]).start();
  const error = await failed(Client.connect(other, node.address, { trustAddress: true }));
  assert.ok(error instanceof NotAdmitted, String(error));
  await other.close();
  await node.close();
});

await test("peers are admitted, shown and revoked", time, async () => {
  await connected({}, async ({ node, client, stub }) => {
    const stranger = await Node.dev();
    const peers = [...node.admitted().keys()];
    assert.equal(peers.length, 1);
    assert.throws(() => {
      node.admit("x");
    }, RangeError);
    // one text is one role, or none: it never becomes two
    for (const role of ["ops,dev", "ops,", "", "o ps"]) {
      assert.throws(
        () => {
          node.admit(stranger.id, { roles: [role] });
        },
        { name: "RangeError", message: /is no role/ },
      );
      await assert.rejects(Node.dev({ devRoles: [role] }), /is no role/);
    }
    assert.equal(node.revoke(peers[0] as string), true);
    assert.equal(node.revoke(stranger.id), false);
    node.admit(stranger.id, { roles: ["reader"], attributes: { team: "blue" }, timeMs: 60_000 });
    assert.equal(node.admitted().get(stranger.id)?.get("team"), "blue");
    assert.equal(node.revoke(stranger.address), true);
    await stranger.close();
    assert.equal(node.admitted().size, 0);
    await assert.rejects(stub.unary({ text: "again" }), Unauthenticated);
    assert.equal(client.peer, node.id);
  });
});

await test("statistics tell of connections", time, async () => {
  await connected({}, async ({ node, stub }) => {
    await stub.unary({ text: "" });
    const stats = node.stats();
    assert.equal(stats.callsInFlight, 0);
    assert.equal(stats.admitted, 1);
    const connection = stats.connections.find(({ protocol }) => protocol === "aster/1");
    assert.ok(connection !== undefined);
    assert.equal(connection.dialled, false);
    assert.ok((connection.paths[0]?.roundTripMs ?? -1) >= 0);
  });
});

await test("health is told and asked for", time, async () => {
  await connected({}, async ({ client, server }) => {
    assert.equal(await client.health(), "serving");
    assert.equal(await client.health("probe.Shapes"), "serving");
    server.health.setNotServing("probe.Shapes");
    assert.equal(server.health.get("probe.Shapes"), "not serving");
    assert.equal(await client.health("probe.Shapes"), "not serving");
    server.health.setServing("probe.Shapes");
    assert.equal(await client.health("probe.Shapes"), "serving");
    assert.equal(await client.health("probe.Nothing"), "unknown");
    assert.throws(() => {
      server.health.setServing("probe.Nothing");
    }, NotFound);
    const [service] = client.services.filter(({ name }) => name === "probe.Shapes");
    assert.equal(service?.contractId, probe.SHAPES_CONTRACT_ID);
  });
});

await test("an accept loop of one's own serves connections", time, async () => {
  const node = await Node.dev();
  const other = await Node.dev();
  const server = new Server(node, [probe.Shapes.implement(shapes())]);
  const connections = node.acceptAster();
  await connections.ready();
  await assert.rejects(server.start(), AlreadyServing);
  const protocols: string[] = [];
  const loop = (async () => {
    for await (const connection of connections) {
      protocols.push(connection.alpn);
      assert.equal(connection.peer, other.id);
      void server.handle(connection);
    }
  })();
  const client = await Client.connect(other, node.address);
  assert.equal(await new probe.ShapesClient(client).value({ text: "four" }), 4);
  assert.ok(protocols.includes("aster/1"), String(protocols));
  await connections.close();
  await loop;
  await server.start();
  const again = await Client.connect(other, node.address);
  assert.equal(await new probe.ShapesClient(again).value({ text: "four" }), 4);
  again.close();
  client.close();
  await other.close();
  await node.close();
});

await test("a described service is called without generated code", time, async () => {
  await connected({}, async ({ client }) => {
    const service = await client.service("Shapes");
    assert.equal(service.name, "probe.Shapes");
    assert.equal(service.contractId, probe.SHAPES_CONTRACT_ID);
    assert.ok(service.methods.includes("bidi"));
    const unary = service.method("unary");
    assert.equal(unary.pattern, "unary");
    assert.equal(unary.request, "probe.In");
    assert.equal(unary.response, "probe.Out");
    assert.deepEqual(await unary.call({ text: "x", filling: "" }), { text: "x", filling: "" });
    const text = await unary.call('{"text":"y","filling":""}', { text: true });
    assert.equal(text, '{"filling":"","text":"y"}');
    const stream = service.method("server_stream").stream({ text: "ab", filling: "" });
    assert.equal((await all(stream)).length, 2);
    const sum = await service.method("client_stream").call([
      { text: "a", filling: "" },
      { text: "b", filling: "" },
    ]);
    assert.equal((sum as { text: string }).text, "ab");
    const both = service.method("bidi").stream([{ text: "a", filling: "" }]);
    assert.equal(((await all(both)) as { text: string }[])[0]?.text, "A");
    assert.throws(() => service.method("nothing_like_it"), Unimplemented);
    const none = /expected an iterable or an async iterable of messages, .*, found undefined/;
    await assert.rejects(service.method("client_stream").call(undefined), none);
    await assert.rejects(all(service.method("bidi").stream(undefined)), none);
    await assert.rejects(all(service.method("bidi").stream({ text: "a" })), /found object/);
    await assert.rejects(unary.call({ text: "" }, { signal: AbortSignal.abort() }), Cancelled);
    const thrown = new Error("the source");
    // eslint-disable-next-line require-yield
    async function* failing(): AsyncIterable<unknown> {
      await Promise.resolve();
      throw thrown;
    }
    await assert.rejects(service.method("client_stream").call(failing()), thrown);
  });
});

await test("nobody answers, and a connection is given up", time, async () => {
  const node = await Node.dev();
  const gone = await Node.dev();
  const { address } = gone;
  await gone.close();
  await assert.rejects(Client.connect(node, address, { timeoutMs: 300 }), ConnectError);
  const controller = new AbortController();
  const connecting = failed(Client.connect(node, address, { signal: controller.signal }));
  controller.abort();
  assert.ok((await connecting) instanceof Cancelled);
  await node.close();
});
