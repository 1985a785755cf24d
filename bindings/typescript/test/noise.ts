// What runs in the workers of `logging.test.ts`: one that makes calls while the main thread waits, or one that listens.

import { parentPort, workerData } from "node:worker_threads";
import { Audit, Client, enableLogging, Node, Server } from "aster-runtime";
import { shapes } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const {
  address,
  flag,
  go = false,
} = workerData as { address?: string; flag?: Int32Array; go?: boolean };
const node = await Node.dev();
if (address !== undefined && flag !== undefined) {
  // the connection is made while the main thread still answers
  const service = probe.Shapes.implement(shapes());
  const server = await new Server(node, [service]).start();
  const client = await Client.connect(node, node.address);
  const stub = new probe.ShapesClient(client);
  parentPort?.postMessage("ready");
  Atomics.wait(flag, 0, 0);
  for (let call = 0; call < 1000; call++) await stub.unary({ text: "x" });
  client.close();
  await server.shutdown();
  await node.close();
  Atomics.store(flag, 0, 2);
  Atomics.notify(flag, 0);
} else {
  enableLogging(({ target }) => {
    if (target === "aster::audit") parentPort?.postMessage(target);
  });
  if (go) {
    const told = new Promise((resolve) => parentPort?.once("message", resolve));
    parentPort?.postMessage("listens");
    await told;
  }
  const service = probe.Shapes.implement(shapes());
  await new Server(node, [service], { interceptors: [new Audit()] }).start();
  const client = await Client.connect(node, node.address);
  await new probe.ShapesClient(client).unary({ text: "x" });
}
