// Errors of the addon as errors of the package.

import * as errors from "./errors.js";
import { pairs } from "./metadata.js";

const CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  AlreadyServing: errors.AlreadyServing,
  Cancelled: errors.Cancelled,
  ConnectError: errors.ConnectError,
  FailedPrecondition: errors.FailedPrecondition,
  NotAdmitted: errors.NotAdmitted,
  NotFound: errors.NotFound,
  PermissionDenied: errors.PermissionDenied,
  RangeError,
  ServerNotTrusted: errors.ServerNotTrusted,
  StartError: errors.StartError,
  StoreError: errors.StoreError,
};

/** The error that a list of the addon's stands for: a class and a message, or with an empty class a status. */
export function failure(value: unknown): Error {
  const parts = value as readonly [string, string, ...unknown[]];
  const [name, message, third, fourth, fifth] = parts;
  switch (name) {
    case "":
      return errors.errorOfStatus(third as number, message, {
        details: details(fourth as readonly (string | Uint8Array)[]),
        metadata: pairs(fifth as readonly string[]),
      });
    case "ContractMismatch":
      return new errors.ContractMismatch(
        message,
        third as string,
        fourth as string,
        fifth as readonly string[],
      );
    case "ServiceNotFound":
      return new errors.ServiceNotFound(message, third as string, fourth as readonly string[]);
    default: {
      const made = CLASSES[name] ?? Error;
      return new made(message);
    }
  }
}

function details(flat: readonly (string | Uint8Array)[]): Record<string, Uint8Array> {
  const all = Object.create(null) as Record<string, Uint8Array>;
  for (let at = 0; at + 1 < flat.length; at += 2) {
    all[flat[at] as string] = flat[at + 1] as Uint8Array;
  }
  return all;
}

/** Calls a function of the addon: what it throws is an error of the package. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw thrown(error);
  }
}

/** What the addon has thrown, as an error of the package. */
export function thrown(error: unknown): unknown {
  if (Array.isArray(error)) return failure(error);
  // what a function of the addon says of arguments that it cannot take
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (typeof code === "string" && (code === "InvalidArg" || code.endsWith("Expected"))) {
    return new TypeError((error as Error).message, { cause: error });
  }
  if (code === "GenericFailure") {
    return new errors.FailedPrecondition((error as Error).message, { cause: error });
  }
  return error;
}
