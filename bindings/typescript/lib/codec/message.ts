// Whole payloads: what generated code says about a message, and how one is encoded and decoded.

import { MessageError } from "../errors.js";
import { Failure, describe } from "./failure.js";
import { Reader } from "./reader.js";
import { TypeDef } from "./type-def.js";
import { Writer } from "./writer.js";

/** A message of a schema. `T` is what decoding gives; `I` is what callers may write, with defaults and optionals left out. */
export interface MessageType<T, I = T> {
  /** The full name, `package.Name`. */
  readonly typeName: string;
  /** Makes a whole value: defaults are filled in, at any depth. */
  readonly create: (init: I) => T;
  /**
   * One whole payload, in memory that nothing else writes to. Small ones share an `ArrayBuffer`, as `Buffer`s of Node do: give
   * `payload.slice()` to other threads. `MessageError` for a value that does not fit
   * its type.
   */
  readonly encode: (value: I) => Uint8Array;
  /** The value of one whole payload. Throws a `MessageError` for bytes that are not exactly that. */
  readonly decode: (payload: Uint8Array) => T;
  /** @internal */
  readonly typeDef: TypeDef;
  /** @internal Writes the fields. */
  readonly write: (w: Writer, value: I) => void;
  /** @internal Reads the fields. */
  readonly read: (r: Reader) => T;
}

/** For generated code: a message by its parts. `typeDef` is the TypeDef in base64. */
export function message<T, I = T>(parts: {
  /** The full name, `package.Name`. */
  readonly name: string;
  /** The TypeDef, in base64. */
  readonly typeDef: string;
  /** Makes a whole value: defaults are filled in. */
  readonly create: (init: I) => T;
  /** Writes the fields, in the order of the TypeDef. */
  readonly write: (w: Writer, value: I) => void;
  /** Reads the fields, in the same order. */
  readonly read: (r: Reader) => T;
}): MessageType<T, I> {
  const type: MessageType<T, I> = {
    typeName: parts.name,
    typeDef: new TypeDef(parts.name, parts.typeDef),
    create: parts.create,
    write: parts.write,
    read: parts.read,
    encode: (value) => encode(type, value),
    decode: (payload) => decode(type, payload),
  };
  return type;
}

// One of each is kept, with what they have grown to. Encoding may call a getter, which may encode: the second one gets a
// writer of its own.
let idleWriter: Writer | undefined;
let idleReader: Reader | undefined;

/**
 * One whole payload, in memory that nothing else writes to; small ones share an `ArrayBuffer`, as `Buffer`s of Node do. `slice()`
 * makes one that has its own, for `postMessage`.
 */
export function encode<I>(type: MessageType<unknown, I>, value: I): Uint8Array {
  const writer = idleWriter ?? new Writer();
  idleWriter = undefined;
  try {
    writer.begin(type.typeDef);
    type.write(writer, value);
    return writer.take();
  } catch (error) {
    throw failed(error, type.typeName);
  } finally {
    writer.release();
    idleWriter = writer;
  }
}

/**
 * One whole payload, as a view of memory that the next encoding of this thread uses again: for who copies it at once.
 * A view of a large payload keeps its memory for itself.
 */
export function encodeShared<I>(type: MessageType<unknown, I>, value: I): Uint8Array {
  const writer = idleWriter ?? new Writer();
  idleWriter = undefined;
  try {
    writer.begin(type.typeDef);
    type.write(writer, value);
    return writer.view();
  } catch (error) {
    throw failed(error, type.typeName);
  } finally {
    writer.release();
    idleWriter = writer;
  }
}

/** The value of one whole payload. */
export function decode<T>(type: MessageType<T, never>, payload: Uint8Array): T {
  const reader = idleReader ?? new Reader();
  idleReader = undefined;
  try {
    if (!(payload instanceof Uint8Array)) throw new Failure("a Uint8Array", describe(payload));
    reader.begin(plain(payload), type.typeDef);
    const value = type.read(reader);
    reader.finish();
    return value;
  } catch (error) {
    throw failed(error, type.typeName);
  } finally {
    reader.release();
    idleReader = reader;
  }
}

/** The same bytes in an array whose slices are copies: those of a `Buffer` are not. */
function plain(payload: Uint8Array): Uint8Array {
  return Object.getPrototypeOf(payload) === Uint8Array.prototype
    ? payload
    : new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
}

function failed(error: unknown, typeName: string): unknown {
  if (!(error instanceof Failure)) return error;
  const { path, expected, found } = error;
  return new MessageError({ typeName, path, expected, found });
}
