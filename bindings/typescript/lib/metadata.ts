// Metadata: names and values that go beside the messages of a call.

import type { Metadata } from "./errors.js";

/** What may be given as metadata: an object, a `Map`, or pairs; a name may come several times in pairs. */
export type MetadataInit =
  Readonly<Record<string, string>> | Iterable<readonly [name: string, value: string]>;

const NONE: Metadata = Object.freeze([]);

/** Metadata as the addon takes it: names and values, one after the other. */
export function flat(metadata: MetadataInit | undefined): string[] | undefined {
  if (metadata === undefined) return undefined;
  const wrong = "metadata is an object of texts, a Map of texts, or pairs of texts";
  if (typeof metadata !== "object" || (metadata as unknown) === null) throw new TypeError(wrong);
  const entries: Iterable<unknown> =
    Symbol.iterator in metadata ? metadata : Object.entries(metadata);
  const all: string[] = [];
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length !== 2) throw new TypeError(wrong);
    const [name, value] = entry as unknown[];
    if (typeof name !== "string" || typeof value !== "string") {
      throw new TypeError("metadata has texts as names and as values");
    }
    if (!value.isWellFormed()) {
      throw new TypeError(`metadata is text, and the value of \`${name}\` has a lone surrogate`);
    }
    all.push(name, value);
  }
  return all.length === 0 ? undefined : all;
}

/** The reverse. */
export function pairs(flat: readonly string[]): Metadata {
  if (flat.length === 0) return NONE;
  const all: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    all.push(Object.freeze([flat[at] as string, flat[at + 1] as string] as const));
  }
  return Object.freeze(all);
}

/** Names and values as a map: attributes, where no name comes twice. */
export function mapped(flat: readonly string[]): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2)
    all.set(flat[at] as string, flat[at + 1] as string);
  return all;
}

const utf8 = new TextDecoder();

/** A number of four bytes. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** Names and values of a block: its length, then texts, each after its length. */
export function block(bytes: Uint8Array, at: number): string[] {
  const end = at + 4 + uint32(bytes, at);
  const all: string[] = [];
  for (let next = at + 4; next < end;) {
    const length = uint32(bytes, next);
    next += 4;
    all.push(utf8.decode(bytes.subarray(next, next + length)));
    next += length;
  }
  return all;
}
