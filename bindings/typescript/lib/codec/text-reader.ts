// Makes strings of bytes, strictly: what is not text in the encoding it names is a `Failure`.

import { Failure } from "./failure.js";

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to here a string is put together of its characters; beyond, a call out of JavaScript is worth it. */
export const SHORT = 24;
const PIECE = 4_096;

const fromUnits = String.fromCharCode;

/**
 * Node's own function, which is faster than any other from some 20 bytes on. It is lenient: what is not UTF-8 becomes U+FFFD, so
 * that a text without one is right, and one with it is looked at again.
 */
const lenient = (
  globalThis as {
    Buffer?: { prototype: { utf8Slice?: (this: Uint8Array, at: number, end: number) => string } };
  }
).Buffer?.prototype.utf8Slice;

/** The text of few bytes, or `undefined` if it is not ASCII. */
export function asciiText(bytes: Uint8Array, at: number, end: number): string | undefined {
  let text = "";
  // Eight at a time: a call with eight arguments makes one flat string, and most texts are of two or three such. What is left is
  // one such call too.
  for (; end - at >= 8; at += 8) {
    const a = bytes[at] as number;
    const b = bytes[at + 1] as number;
    const c = bytes[at + 2] as number;
    const d = bytes[at + 3] as number;
    const e = bytes[at + 4] as number;
    const f = bytes[at + 5] as number;
    const g = bytes[at + 6] as number;
    const h = bytes[at + 7] as number;
    if ((a | b | c | d | e | f | g | h) >= 0x80) return undefined;
    text += fromUnits(a, b, c, d, e, f, g, h);
  }
  const left = end - at;
  if (left === 0) return text;
  const a = bytes[at] as number;
  const b = left > 1 ? (bytes[at + 1] as number) : 0;
  const c = left > 2 ? (bytes[at + 2] as number) : 0;
  const d = left > 3 ? (bytes[at + 3] as number) : 0;
  const e = left > 4 ? (bytes[at + 4] as number) : 0;
  const f = left > 5 ? (bytes[at + 5] as number) : 0;
  const g = left > 6 ? (bytes[at + 6] as number) : 0;
  if ((a | b | c | d | e | f | g) >= 0x80) return undefined;
  switch (left) {
    case 1:
      return text + fromUnits(a);
    case 2:
      return text + fromUnits(a, b);
    case 3:
      return text + fromUnits(a, b, c);
    case 4:
      return text + fromUnits(a, b, c, d);
    case 5:
      return text + fromUnits(a, b, c, d, e);
    case 6:
      return text + fromUnits(a, b, c, d, e, f);
    default:
      return text + fromUnits(a, b, c, d, e, f, g);
  }
}

/** The text of UTF-8. */
export function utf8Text(bytes: Uint8Array, at: number, end: number): string {
  try {
    if (lenient !== undefined) {
      const text = lenient.call(bytes, at, end);
      if (!text.includes("\ufffd")) return text;
    }
    return utf8.decode(bytes.subarray(at, end));
  } catch {
    throw notText("UTF-8");
  }
}

/** The text of Latin-1, of which all bytes are. */
export function latin1Text(bytes: Uint8Array, at: number, end: number): string {
  let text = "";
  for (; at < end; at += PIECE) {
    // A typed array is as good as an array for `apply`.
    const piece = bytes.subarray(at, Math.min(end, at + PIECE));
    text += fromUnits.apply(String, piece as unknown as number[]);
  }
  return text;
}

/** The text of UTF-16 in little endian. */
export function utf16Text(bytes: Uint8Array, at: number, end: number): string {
  if ((end - at) % 2 !== 0) throw notText("UTF-16");
  let text = "";
  while (at < end) {
    const piece = new Uint16Array(Math.min(PIECE, (end - at) / 2));
    for (let index = 0; index < piece.length; index++, at += 2) {
      piece[index] = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    }
    text += fromUnits.apply(String, piece as unknown as number[]);
  }
  if (!text.isWellFormed()) throw notText("UTF-16");
  return text;
}

function notText(encoding: string): Failure {
  return new Failure(`text in ${encoding}`, "other bytes");
}
