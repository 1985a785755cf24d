// The constants of the payload format, and its limits.

/** First byte of every payload: the XLANG bit. */
export const XLANG = 0x01;
/** Before a value that is there. */
export const PRESENT = 0xff;
/** Before a value that others may refer to; never written, and read in union cases only. */
export const REFERABLE = 0x00;
/** Instead of a value that is not there. */
export const NULL = 0xfd;

/** The type ids that are written before a value: in union cases, and before messages. */
export const WireType = {
  BOOL: 1,
  INT8: 2,
  INT16: 3,
  FIXED_INT32: 4,
  INT32: 5,
  FIXED_INT64: 6,
  INT64: 7,
  UINT8: 9,
  UINT16: 10,
  FIXED_UINT32: 11,
  UINT32: 12,
  FIXED_UINT64: 13,
  UINT64: 14,
  FLOAT32: 19,
  FLOAT64: 20,
  STRING: 21,
  ENUM: 26,
  MESSAGE: 30,
  DURATION: 37,
  TIMESTAMP: 38,
  DATE: 39,
  DECIMAL: 40,
  BYTES: 41,
} as const;
/** One of them. */
export type WireType = (typeof WireType)[keyof typeof WireType];

/** Element headers: one type, as declared; the same with nulls; messages; the same with nulls. */
export const ELEMENT = {
  DECLARED: 0x0c,
  DECLARED_OR_NULL: 0x0e,
  MESSAGE: 0x08,
  MESSAGE_OR_NULL: 0x0a,
} as const;

/** Chunk headers of a map: key and value as declared; message values; one pair whose value is null. */
export const CHUNK = { DECLARED: 0x24, MESSAGE: 0x04, NULL_VALUE: 0x14 } as const;

/** How many messages may be inside each other, the outermost included. */
export const MAX_DEPTH = 64;
/** How many list elements that occupy no bytes (messages without fields) one payload may have. */
export const MAX_WEIGHTLESS = 8_192;
/** No length or count inside a payload can be over 32 bits unless the whole is. */
export const MAX_PAYLOAD = 0xffff_ffff;
