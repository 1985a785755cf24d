// Peers whose processes end without a word.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, Node, Unavailable } from "aster-runtime";
import { all, connected, failed, Hanging } from "./calls-support.js";
import { child } from "./child.js";
import * as probe from "./gen/probe.js";

// a connection that is silent is given up after half a minute
const time = { timeout: 90_000 };

await test("a peer that vanishes ends what runs with it", time, async () => {
  const server = child("server");
  const address = await server.line();
  const node = await Node.dev({ limits: { silenceMs: 300 } });
  const client = await Client.connect(node, address, { retry: false });
  const stub = new probe.ShapesClient(client);
  const stream = stub.serverStream({ text: "forever" });
  await stream.next();
  const call = failed(stub.unary({ text: "hang" }));
  server.kill();
  assert.ok((await call) instanceof Unavailable);
  await assert.rejects(all(stream), Unavailable);
  client.close();
  await node.close();
});

await test("a caller that vanishes ends its call", time, async () => {
  const hanging = new Hanging();
  await connected({ unary: hanging.unary }, async ({ node }) => {
    const caller = child("caller", node.address);
    await hanging.begun.promise;
    caller.kill();
    assert.ok((await hanging.ended.promise) instanceof Error);
    // the handler hears of it while its call is let go
    while (node.stats().callsInFlight !== 0) await new Promise(setImmediate);
  });
});

await test("a process that exits tells its peers", { timeout: 10_000 }, async () => {
  const hanging = new Hanging();
  await connected({ unary: hanging.unary }, async ({ node }) => {
    const leaving = child("leaving", node.address);
    await hanging.begun.promise;
    leaving.go();
    assert.deepEqual(await leaving.end(), [3, ""]);
    assert.ok((await hanging.ended.promise) instanceof Error);
  });
});
