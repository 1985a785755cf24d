// What generated code calls, version 1: nothing else of this package does it touch.

export { GENERATION, generation } from "../codec/generation.js";
export { Decimal } from "../codec/decimal.js";
export { Duration } from "../codec/duration.js";
export { enumeration, type EnumType } from "../codec/enumeration.js";
export { type At, type Segment, within } from "../codec/failure.js";
export { decode, encode, encodeShared, message, type MessageType } from "../codec/message.js";
export { mapValues } from "../codec/map-values.js";
export { PlainDate } from "../codec/plain-date.js";
export { type Reader, unknownCase } from "../codec/reader.js";
export { utf8 } from "../codec/text-writer.js";
export { Timestamp } from "../codec/timestamp.js";
export { TypeDef } from "../codec/type-def.js";
export { union, type UnionType } from "../codec/union.js";
export { WireType } from "../codec/wire.js";
export { unknownCaseName, type Writer } from "../codec/writer.js";
export type { CallOptions, Stream, Stub } from "../call.js";
export { type Client, ServiceClient } from "../client.js";
export type { Context, SessionContext } from "../context.js";
export {
  type Awaitable,
  type Items,
  type Method,
  type Schema,
  schema,
  service,
  type ServiceType,
  sessionService,
  type SessionServiceType,
} from "../service.js";
export { type Session, SessionClient } from "../session.js";
