// What runs in workers that tests start.

import { parentPort, workerData } from "node:worker_threads";
import assert from "node:assert/strict";
import { Client, Node, Server } from "aster-runtime";
import { all, shapes } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const {
  address,
  hang = false,
  count = 0,
} = workerData as { address: string; hang?: boolean; count?: number };
const node = await Node.dev();
const client = await Client.connect(node, address);
const stub = new probe.ShapesClient(client);
if (hang) await stub.unary({ text: "hang" });
if (count > 0) {
  // numbered messages, as fast as they are taken, which are to come back in their order
  const numbers = Array.from(
    { length: count },
    (_, number) => new Uint8Array(Uint32Array.of(number).buffer),
  );
  parentPort?.postMessage("ready");
  assert.deepEqual(await all(stub.bidiValue(numbers)), numbers);
}
const texts = Array.from({ length: 100 }, (_, number) => `call ${String(number)}`);
const replies = await Promise.all(texts.map((text) => stub.unary({ text })));
assert.deepEqual(
  replies.map(({ text }) => text),
  texts,
);
assert.equal((await all(stub.serverStreamValue({ from: 0, to: 1000 }))).length, 1000);

// a server of its own, which the worker ends with
const server = await new Server(node, [probe.Shapes.implement(shapes())]).start();
const own = await Client.connect(node, node.address);
assert.equal((await new probe.ShapesClient(own).unary({ text: "own" })).text, "own");
own.close();
client.close();
await server.shutdown({ graceMs: 1000 });
parentPort?.postMessage("done");
