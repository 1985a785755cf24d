// What generated code says about a union: how its cases are written and read.

import type { Reader } from "./reader.js";
import type { Writer } from "./writer.js";

/** A union of a schema. `U` is what decoding gives, `I` what callers may write. */
export interface UnionType<U, I = U> {
  /** The full name, `package.Name`. */
  readonly typeName: string;
  /** Makes a whole value: defaults are filled in, at any depth. */
  readonly create: (init: I) => U;
  /** @internal Writes the case's number, type and value. */
  readonly write: (w: Writer, value: I) => void;
  /** @internal Reads the case's number, type and value. */
  readonly read: (r: Reader) => U;
}

/** For generated code: a union by its parts. */
export function union<U, I = U>(parts: {
  /** The full name, `package.Name`. */
  readonly name: string;
  /** Makes a whole value: defaults are filled in. */
  readonly create: (init: I) => U;
  /** Writes the case's number, type and value. */
  readonly write: (w: Writer, value: I) => void;
  /** Reads the case's number, type and value. */
  readonly read: (r: Reader) => U;
}): UnionType<U, I> {
  return { typeName: parts.name, create: parts.create, write: parts.write, read: parts.read };
}
