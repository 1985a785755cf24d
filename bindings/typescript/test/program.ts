// What runs in processes that tests start: `node program.js PART [ADDRESS]`.

import { Audit, Client, enableLogging, Node, Server } from "aster-runtime";
import { shapes, Signal } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const [part, address = ""] = process.argv.slice(2);

async function serving(node: Node): Promise<Server> {
  const forever = shapes({
    unary: (request) => (request.text === "hang" ? new Promise(() => {}) : { text: request.text }),
    async *serverStream() {
      for (;;) {
        await new Promise(setImmediate);
        yield { text: "more" };
      }
    },
  });
  return await new Server(node, [probe.Shapes.implement(forever)]).start();
}

switch (part) {
  case "server": {
    // lives until it is killed: a server that serves keeps its process alive
    const node = await Node.dev();
    await serving(node);
    console.log(node.address);
    break;
  }
  case "caller": {
    const node = await Node.dev();
    const client = await Client.connect(node, address);
    await new probe.ShapesClient(client).unary({ text: "hang" });
    break;
  }
  case "leaving": {
    // exits while its call runs, when it is told to
    const node = await Node.dev();
    const client = await Client.connect(node, address);
    void new probe.ShapesClient(client).unary({ text: "hang" }).catch(() => {});
    await new Promise((resolve) => process.stdin.once("data", resolve));
    process.exit(3);
    break;
  }
  case "idle": {
    // ends by itself: neither an idle node nor an idle client keeps a process alive
    const node = await Node.dev();
    const client = await Client.connect(node, address);
    const reply = await new probe.ShapesClient(client).unary({ text: "once" });
    console.log(reply.text);
    break;
  }
  case "stopped": {
    // ends by itself once its server has been shut down
    const node = await Node.dev();
    const server = await serving(node);
    const client = await Client.connect(node, node.address);
    console.log((await new probe.ShapesClient(client).unary({ text: "own" })).text);
    client.close();
    await server.shutdown({ graceMs: 1000 });
    break;
  }
  case "exit": {
    // ends in the middle of calls
    const node = await Node.dev();
    await serving(node);
    const client = await Client.connect(node, node.address);
    const stub = new probe.ShapesClient(client);
    void stub.unary({ text: "hang" }).catch(() => {});
    const stream = stub.serverStream({ text: "" });
    await stream.next();
    void stream.next();
    process.exit(7);
    break;
  }
  case "throws": {
    const node = await Node.dev();
    await serving(node);
    throw new Error("thrown at the top");
  }
  case "hooks": {
    // an exception in a callback of the program's own is its own
    const node = await Node.dev();
    await serving(node);
    const client = await Client.connect(node, node.address);
    process.on("uncaughtException", (error) => {
      console.log(`uncaught: ${error.message}`);
      process.exit(0);
    });
    const onHeader = (): never => {
      throw new Error("in a callback");
    };
    console.log(
      (await new probe.ShapesClient(client).unary({ text: "answered" }, { onHeader })).text,
    );
    break;
  }
  case "logging": {
    // exits as soon as its call is over: what was said of it is told then
    let first = true;
    enableLogging(({ target, fields }) => {
      console.log(target, fields["method"] ?? "", fields["code"] ?? "");
      if (!first) return;
      first = false;
      throw new Error("in the log");
    });
    process.on("uncaughtException", (error) => {
      console.log(`uncaught: ${error.message}`);
    });
    const node = await Node.dev();
    const ended = new Signal();
    const after = (): void => {
      ended.set();
    };
    const service = probe.Shapes.implement(shapes());
    await new Server(node, [service], { interceptors: [{ after }, new Audit()] }).start();
    const client = await Client.connect(node, node.address);
    await new probe.ShapesClient(client).unary({ text: "x" });
    await ended.promise;
    process.exit(0);
    break;
  }
  default:
    throw new Error(`there is no part ${String(part)}`);
}
