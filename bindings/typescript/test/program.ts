// What runs in processes that tests start: `node program.js PART [ADDRESS]`.

import { Audit, Client, enableLogging, Node, Server } from "aster-runtime";
import { all, shapes, Signal } from "./calls-support.js";
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
  case "unread": {
    // ends by itself: the call whose stream nobody has read to its end is over
    const node = await Node.dev();
    const server = await serving(node);
    const client = await Client.connect(node, node.address);
    const stub = new probe.ShapesClient(client);
    const kept = [stub.serverStream({ text: "" }), stub.serverStream({ text: "" })];
    const described = (await client.service("Shapes")).method("server_stream");
    const feed = described.stream({ text: "", filling: "" });
    for (const each of [...kept, feed]) await each.next();
    client.close();
    await server.shutdown({ graceMs: 0 });
    await node.close();
    // what is kept can still be read
    process.once("exit", () => {
      console.log([...kept, feed].length);
    });
    break;
  }
  case "unread-read": {
    // what has arrived is read to its end, though nothing else holds the loop
    const node = await Node.dev();
    const server = await serving(node);
    const client = await Client.connect(node, node.address);
    const method = (await client.service("Shapes")).method("server_stream");
    const feed = method.stream({ text: "", filling: "" });
    const stream = new probe.ShapesClient(client).serverStream({ text: "" });
    await Promise.all([feed.next(), stream.next()]);
    client.close();
    await server.shutdown({ graceMs: 0 });
    await node.close();
    for (const each of [feed, stream]) {
      try {
        await all<unknown>(each);
        console.log("no error");
      } catch (error) {
        console.log((error as Error).constructor.name);
      }
    }
    break;
  }
  case "hooks": {
    // what functions of the program's own throw costs no more than the call that they are of
    const node = await Node.dev();
    const service = probe.Shapes.implement(
      shapes({
        nothing() {
          throw new Error("the handler's");
        },
      }),
    );
    const fails = async (what: string): Promise<never> => {
      await Promise.resolve();
      throw new Error(what);
    };
    const server = new Server(node, [service], {
      interceptors: [{ after: () => void 0 }, { after: () => fails("after") as never }],
      onError: () => fails("onError") as never,
    });
    await server.start();
    const client = await Client.connect(node, node.address, {
      interceptors: [
        { onAttempt: () => fails("onAttempt") as never, after: () => fails("after") as never },
      ],
    });
    const stub = new probe.ShapesClient(client);
    const hook = (): never => {
      throw new RangeError("in a callback");
    };
    const later = (): never => fails("later") as never;
    const ends: unknown[] = [];
    for (const options of [
      { onHeader: hook },
      { onTrailer: hook },
      { onHeader: later, onTrailer: later },
    ]) {
      ends.push(await stub.unary({ text: "answered" }, options).catch((error: unknown) => error));
      // a stream may end before or after that
      if (options.onHeader === later) continue;
      const read = async (): Promise<unknown> => {
        const all: string[] = [];
        for await (const { text } of stub.bidi([{ text: "x" }], options)) all.push(text);
        return all.join("");
      };
      ends.push(await read().catch((error: unknown) => error));
    }
    ends.push(
      await stub.nothing({ text: "" }, { onTrailer: hook }).catch((error: unknown) => error),
    );
    // nothing of it is left when the loop has turned
    await new Promise(setImmediate);
    for (const end of ends) {
      console.log(end instanceof Error ? end.constructor.name : JSON.stringify(end));
    }
    client.close();
    await server.shutdown();
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
