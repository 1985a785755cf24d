// A node in TypeScript that serves what the examples declare, and calls what its standard input says: the pendant of the program in
// `tests/interop`.
//
// It prints its address. Each line that comes in is a command, each has a line as its answer: `ok` and payloads in base64, or
// `error` and a status. It ends when its input does.

import { createInterface } from "node:readline";
import { Node, Server } from "aster-runtime";
import { Commands } from "./commands.js";
import { examples } from "./examples.js";
import { services } from "./services.js";

const node = await Node.dev();
const server = new Server(node, [...services(), ...examples()]);
const serving = server.serve();
console.log(node.address);
const commands = new Commands(node);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(await commands.run(line));
}
await node.close();
await serving;
