// What both sides of grpc-js need: its stubs of the schema, and a write that waits while nobody reads.

import { createRequire } from "node:module";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const SCHEMA = fileURLToPath(new URL("../schema/calls.proto", import.meta.url));

/** The library, and the client class of the service with its description. */
export function loadCalls() {
  // numbers for 64 bits: what costs protobufjs least
  const definition = loader.loadSync(SCHEMA, { longs: Number, defaults: true, keepCase: true });
  return { grpc, Calls: grpc.loadPackageDefinition(definition).aster.calls.Calls };
}

/** Writes a message, and waits where the stream is full. */
export function written(call, message) {
  return call.write(message) ? undefined : once(call, "drain");
}

/** The version of a library here. */
export function version(name) {
  return createRequire(import.meta.url)(`${name}/package.json`).version;
}
