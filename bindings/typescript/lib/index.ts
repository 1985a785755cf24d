// What programs use.

export * from "./errors.js";
export { Decimal } from "./codec/decimal.js";
export { Duration } from "./codec/duration.js";
export { type EnumType } from "./codec/enumeration.js";
export { type MessageType } from "./codec/message.js";
export { PlainDate } from "./codec/plain-date.js";
export { Timestamp } from "./codec/timestamp.js";
export { type UnionType } from "./codec/union.js";
export type { Connection } from "./accept.js";
export type { Blobs } from "./blobs.js";
export { type CallOptions, Stream } from "./call.js";
export { Client, type ClientOptions, type ServedService } from "./client.js";
export { type Context, type SessionContext } from "./context.js";
export type { Doc, DocEntry, DocEvent, DocQuery, Docs } from "./docs.js";
export type { DescribeOptions, DynamicMethod, DynamicOptions, DynamicService } from "./dynamic.js";
export type { Events } from "./events.js";
export type { Gossip, GossipEvent, Topic } from "./gossip.js";
export type { Health } from "./health.js";
export {
  Audit,
  CircuitBreaker,
  type ClientCall,
  type ClientHooks,
  type ClientInterceptor,
  type Outcome,
  RateLimit,
  type ServerHooks,
  type ServerInterceptor,
} from "./interceptor.js";
export {
  disableLogging,
  enableLogging,
  type LogFields,
  type LogLevel,
  type LogOptions,
  type LogRecord,
} from "./logging.js";
export type { MetadataInit } from "./metadata.js";
export { type Distribution, Metrics, MetricsSnapshot, type Series } from "./metrics.js";
export {
  type ConnectionStats,
  type DevOptions,
  type Limits,
  Node,
  type NodeOptions,
  type PathStats,
  type Stats,
} from "./node.js";
export { type HealthReport, Server, type ServerOptions } from "./server.js";
export type { Awaitable, Implementation, Items, Pattern, SessionEnd } from "./service.js";
export { Session } from "./session.js";
export { type Peer, Ticket } from "./ticket.js";
