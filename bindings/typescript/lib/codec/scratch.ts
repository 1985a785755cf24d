// Eight bytes in which numbers change their representation: floats, and the two halves of 64-bit integers.

const memory = new ArrayBuffer(8);

/** The two halves, at `LOW` and `HIGH`. */
export const words = new Uint32Array(memory);
/** The same as a 64-bit integer; what is stored is cut to 64 bits. */
export const signed = new BigInt64Array(memory);
/** The same without a sign. */
export const unsigned = new BigUint64Array(memory);
/** The same as a `float64`. */
export const double = new Float64Array(memory);
/** The first half as a `float32`: of `words[0]`. */
export const single = new Float32Array(memory);

const littleEndian =
  /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new Uint16Array([1]).buffer)[0] === 1;

/** Where the lower half is: the machine decides. */
export const LOW = littleEndian ? 0 : 1;
/** Where the upper half is. */
export const HIGH = 1 - LOW;
