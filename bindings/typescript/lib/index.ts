// What programs use.

export * from "./errors.js";
export { Decimal } from "./codec/decimal.js";
export { Duration } from "./codec/duration.js";
export { type EnumType } from "./codec/enumeration.js";
export { type MessageType } from "./codec/message.js";
export { PlainDate } from "./codec/plain-date.js";
export { Timestamp } from "./codec/timestamp.js";
export { type UnionType } from "./codec/union.js";
