// Writes strings as UTF-8.

const encoder = /* @__PURE__ */ new TextEncoder();

/** Below it, a string is written unit by unit, if it is ASCII; from there on a call out of JavaScript is worth it. */
export const SHORT = 24;

/** Node's own function, which is faster than `encodeInto`: it needs no view. */
const native = (
  globalThis as {
    Buffer?: { prototype: { utf8Write?: (this: Uint8Array, text: string, at: number) => number } };
  }
).Buffer?.prototype.utf8Write;

/** Writes `text`, which has no lone surrogates, from `at` on, where there is room. Returns the number of bytes. */
export function encodeText(text: string, output: Uint8Array, at: number): number {
  if (native !== undefined) return native.call(output, text, at);
  return encoder.encodeInto(text, output.subarray(at)).written;
}

/** How many bytes `text` takes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Two units of a pair are four bytes.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
