// Serves the calls of the benchmark: `server.mjs aster|grpc-tls|grpc FOLDER`.
//
// The first line that it prints is where it can be reached. It ends when its standard input does.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadCalls, written } from "./grpc.mjs";

const [kind, folder] = process.argv.slice(2);

/** Bytes of this process in memory. */
function resident() {
  return Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;
}

/** Waits for the end of standard input; `memory` there is answered. */
async function untilTold() {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "memory") console.log(resident());
  }
}

async function aster() {
  const { Node, Server } = await import(pathToFileURL(resolve(folder, "node_modules/aster-runtime/dist/index.js")).href);
  const { Calls } = await import(pathToFileURL(resolve(folder, "calls/aster/calls.js")).href);
  const service = {
    echo: (request) => request,
    async *down(request) {
      const message = { data: new Uint8Array(request.size) };
      for (let i = 0; i < request.count; i++) yield message;
    },
    async up(requests) {
      let [messages, bytes] = [0, 0];
      for await (const request of requests) {
        messages += 1;
        bytes += request.data.length;
      }
      return { messages, bytes: BigInt(bytes) };
    },
    async *both(requests) {
      yield* requests;
    },
  };
  const node = await Node.dev();
  const server = new Server(node, [Calls.implement(service)]);
  const serving = server.serve();
  console.log(node.address);
  await untilTold();
  await node.close();
  await serving;
}

async function grpc(tls) {
  const { grpc, Calls } = loadCalls();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": 32 << 20,
    "grpc.max_send_message_length": 32 << 20,
  });
  server.addService(Calls.service, {
    Echo: (call, done) => done(null, call.request),
    async Down(call) {
      const message = { data: Buffer.alloc(call.request.size) };
      for (let i = 0; i < call.request.count; i++) await written(call, message);
      call.end();
    },
    async Up(call, done) {
      let [messages, bytes] = [0, 0];
      for await (const request of call) {
        messages += 1;
        bytes += request.data.length;
      }
      done(null, { messages, bytes });
    },
    async Both(call) {
      // the end of the requests is not to end the responses
      for await (const request of call.iterator({ destroyOnReturn: false })) await written(call, request);
      call.end();
    },
  });
  const pair = () => ({
    private_key: readFileSync(`${folder}/key.pem`),
    cert_chain: readFileSync(`${folder}/cert.pem`),
  });
  const credentials = tls ? grpc.ServerCredentials.createSsl(null, [pair()]) : grpc.ServerCredentials.createInsecure();
  const port = await new Promise((done, failed) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? failed(error) : done(port)));
  });
  console.log(`127.0.0.1:${port}`);
  await untilTold();
  server.forceShutdown();
}

await (kind === "aster" ? aster() : grpc(kind === "grpc-tls"));
