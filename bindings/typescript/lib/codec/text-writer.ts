// Writes strings as UTF-8.

const encoder = /* @__PURE__ */ new TextEncoder();

/** Up to here a string is written unit by unit; beyond, a call out of JavaScript is worth it. */
const SHORT = 64;

/** Writes `text`, which has no lone surrogates, from `at` on, where there is room. Returns the number of bytes. */
export function encodeText(text: string, output: Uint8Array, at: number): number {
  if (text.length > SHORT) return encoder.encodeInto(text, output.subarray(at)).written;
  const begin = at;
  for (let index = 0; index < text.length; index++) {
    let unit = text.charCodeAt(index);
    if (unit < 0x80) {
      output[at++] = unit;
    } else if (unit < 0x800) {
      output[at++] = 0xc0 | (unit >> 6);
      output[at++] = 0x80 | (unit & 0x3f);
    } else if (unit < 0xd800 || unit > 0xdfff) {
      output[at++] = 0xe0 | (unit >> 12);
      output[at++] = 0x80 | ((unit >> 6) & 0x3f);
      output[at++] = 0x80 | (unit & 0x3f);
    } else {
      unit = 0x1_0000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++index) & 0x3ff);
      output[at++] = 0xf0 | (unit >> 18);
      output[at++] = 0x80 | ((unit >> 12) & 0x3f);
      output[at++] = 0x80 | ((unit >> 6) & 0x3f);
      output[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at - begin;
}

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
