// Calls of TypeScript beside grpc-js, two processes on loopback: `bench.mjs FOLDER [--json] [--rounds N]`.
//
// Both sides of each contender are Node.js. Rounds of the contenders take turns, so that what else the machine does is shared; the
// median of the rounds is printed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { loadCalls, version, written } from "./grpc.mjs";

const SMALL = 64;
const LARGE = 1 << 20;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, rounds: { type: "string", default: "5" } },
});
const folder = resolve(positionals[0]);

/** One library: a server process, and the four calls at this end. */
class Contender {
  constructor(name) {
    this.name = name;
  }

  async serve() {
    const program = fileURLToPath(new URL("server.mjs", import.meta.url));
    this.process = spawn(process.execPath, [program, this.name, folder], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    return (await this.lines.next()).value;
  }

  /** Bytes that the server has in memory. */
  async memory() {
    this.process.stdin.write("memory\n");
    return Number((await this.lines.next()).value);
  }

  async end() {
    this.process.stdin.end();
    await once(this.process, "exit");
  }
}

class Aster extends Contender {
  async connect(address) {
    const { Client, Node } = await import(pathToFileURL(resolve(folder, "node_modules/aster-runtime/dist/index.js")).href);
    const { CallsClient } = await import(pathToFileURL(resolve(folder, "calls/aster/calls.js")).href);
    const node = await Node.dev();
    const client = await Client.connect(node, address);
    const calls = new CallsClient(client);
    return {
      echo: (message) => calls.echo(message),
      down: (count, size) => calls.down({ count, size }),
      up: (messages) => calls.up(messages),
      both: (messages) => calls.both(messages),
      close: async () => {
        await client.close();
        await node.close();
      },
    };
  }
}

class Grpc extends Contender {
  async connect(address) {
    const { grpc, Calls } = loadCalls();
    const tls = this.name === "grpc-tls";
    const credentials = tls
      ? grpc.credentials.createSsl(readFileSync(resolve(folder, "cert.pem")))
      : grpc.credentials.createInsecure();
    const client = new Calls(address, credentials, {
      "grpc.max_receive_message_length": 32 << 20,
      "grpc.max_send_message_length": 32 << 20,
      "grpc.use_local_subchannel_pool": 1,
      ...(tls ? { "grpc.ssl_target_name_override": "localhost" } : {}),
    });
    return {
      echo: (message) =>
        new Promise((done, failed) => {
          client.Echo(message, (error, reply) => (error ? failed(error) : done(reply)));
        }),
      down: (count, size) => client.Down({ count, size }),
      up: (messages) =>
        new Promise((done, failed) => {
          const call = client.Up((error, reply) => (error ? failed(error) : done(reply)));
          void send(call, messages);
        }),
      both: (messages) => {
        const call = client.Both();
        void send(call, messages);
        return call;
      },
      close: () => client.close(),
    };
  }
}

async function send(call, messages) {
  for await (const message of messages) await written(call, message);
  call.end();
}

const now = () => performance.now();
const blob = (size) => ({ data: Buffer.alloc(size) });

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Microseconds of one call after the other, 64 B. */
async function latency(calls, count) {
  const message = blob(SMALL);
  const times = [];
  for (let i = 0; i < count; i++) {
    const begin = now();
    await calls.echo(message);
    times.push((now() - begin) * 1e3);
  }
  times.sort((a, b) => a - b);
  return { p50: median(times), p99: times[Math.floor((count * 99) / 100)] };
}

/** Calls a second with so many in flight. */
async function rate(calls, inFlight, count, size = SMALL) {
  const message = blob(size);
  let left = count;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      await calls.echo(message);
    }
  };
  const begin = now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return count / ((now() - begin) / 1e3);
}

async function* source(count) {
  const message = blob(SMALL);
  for (let i = 0; i < count; i++) yield message;
}

/** Messages a second from a stream. */
async function received(stream, count) {
  const begin = now();
  let got = 0;
  for await (const _ of stream) got += 1;
  if (got !== count) throw new Error(`${got} of ${count} messages`);
  return count / ((now() - begin) / 1e3);
}

/** Messages a second to the server. */
async function up(calls, count) {
  const begin = now();
  const total = await calls.up(source(count));
  if (total.messages !== count) throw new Error(`${total.messages} of ${count} messages`);
  return count / ((now() - begin) / 1e3);
}

/** Unit, and whether less is better. */
const MEASURES = {
  "unary 64 B, one after the other, p50": ["µs", true],
  "unary 64 B, one after the other, p99": ["µs", true],
  "unary 64 B, 1 in flight": ["calls/s", false],
  "unary 64 B, 16 in flight": ["calls/s", false],
  "unary 64 B, 64 in flight": ["calls/s", false],
  "server stream, 64 B": ["messages/s", false],
  "client stream, 64 B": ["messages/s", false],
  "bidi stream, 64 B": ["messages/s", false],
  "echo of 1 MiB": ["calls/s", false],
  "connect to first reply": ["ms", true],
  "memory of the server": ["MiB", true],
};

async function round(contender, address) {
  const found = {};
  const begin = now();
  const first = await contender.connect(address);
  await first.echo(blob(SMALL));
  found["connect to first reply"] = now() - begin;
  await first.close();
  const calls = await contender.connect(address);
  await rate(calls, 8, 1000);
  const times = await latency(calls, 1000);
  found["unary 64 B, one after the other, p50"] = times.p50;
  found["unary 64 B, one after the other, p99"] = times.p99;
  for (const inFlight of [1, 16, 64]) found[`unary 64 B, ${inFlight} in flight`] = await rate(calls, inFlight, 2000);
  found["server stream, 64 B"] = await received(calls.down(20_000, SMALL), 20_000);
  found["client stream, 64 B"] = await up(calls, 20_000);
  found["bidi stream, 64 B"] = await received(calls.both(source(10_000)), 10_000);
  found["echo of 1 MiB"] = await rate(calls, 4, 60, LARGE);
  found["memory of the server"] = (await contender.memory()) / (1 << 20);
  await calls.close();
  return found;
}

const contenders = [new Aster("aster"), new Grpc("grpc-tls"), new Grpc("grpc")];
const addresses = await Promise.all(contenders.map((contender) => contender.serve()));
const all = Object.fromEntries(Object.keys(MEASURES).map((name) => [name, {}]));
for (let i = 0; i < Number(options.rounds); i++) {
  for (const [at, contender] of contenders.entries()) {
    for (const [name, value] of Object.entries(await round(contender, addresses[at]))) {
      (all[name][contender.name] ??= []).push(value);
    }
  }
}
for (const contender of contenders) await contender.end();

const rows = Object.entries(all).map(([name, by]) => ({
  name,
  unit: MEASURES[name][0],
  ours: median(by.aster),
  peers: { "grpc-tls": median(by["grpc-tls"]), grpc: median(by.grpc) },
}));
if (options.json) {
  console.log(JSON.stringify({ bench: "typescript", rows }));
} else {
  console.log(
    `Node.js ${process.versions.node}, @grpc/grpc-js ${version("@grpc/grpc-js")}, ${options.rounds} rounds, medians; ratios above 1 are in Aster's favour\n`,
  );
  console.log("| | unit | Aster | grpc-js, TLS | grpc-js, plaintext | to TLS | to plaintext |");
  console.log("|---|---|---|---|---|---|---|");
  const text = (value) =>
    value < 1000 ? String(Number(value.toPrecision(4))) : Math.round(value).toLocaleString("en");
  for (const { name, unit, ours, peers } of rows) {
    const ratio = (peer) => (MEASURES[name][1] ? peers[peer] / ours : ours / peers[peer]).toFixed(2);
    const cells = [ours, peers["grpc-tls"], peers.grpc].map(text);
    console.log(`| ${name} | ${unit} | ${cells.join(" | ")} | ${ratio("grpc-tls")} | ${ratio("grpc")} |`);
  }
}
