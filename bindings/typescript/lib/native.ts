// The addon: what of this package is Rust. Nothing here is for programs.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Names and values, one after the other. */
export type Flat = readonly string[];

/** What a status is made of at a server. */
export interface Thrown {
  readonly code: number;
  readonly message: string;
  readonly detailNames: readonly string[];
  readonly details: readonly Uint8Array[];
  readonly metadata: Flat;
}

export interface NativeEnvironment {
  leave(): void;
  cancel(token: number): void;
  release(token: number, of: number): void;
  pull(token: number): Uint8Array | null | undefined;
  refuse(token: number, expected: string, found: string): void;
  take(token: number): void;
  put(token: number, payload: Uint8Array): 0 | 1 | 2;
  finish(token: number): void;
  spoil(token: number): void;
  reply(call: number, payload: Uint8Array): void;
  end(call: number): void;
  pass(call: number, added: Flat): void;
  opened(call: number, target: number): void;
  fail(call: number, thrown: Thrown): void;
  setHeader(call: number, name: string, value: string): void;
  setTrailer(call: number, name: string, value: string): void;
  uncompressed(call: number): void;
  checkMetadata(flat: Flat): void;
  listen(target: number, own: string, others: string): void;
  hush(): void;
  said(): [unknown[], number];
  openNode(token: number, preset: string, path: string, options: object): void;
  parseTicket(text: string): TicketParts;
  makeTicket(id: string, addresses: readonly string[], relay?: string): TicketParts;
}

export interface NativeService {
  readonly isSession: boolean;
  readonly methods: string[];
}

export interface NativeStub {
  unary(
    token: number,
    method: number,
    payload: Uint8Array,
    timeout?: number,
    metadata?: Flat,
    within?: number,
  ): void;
  serverStream(
    token: number,
    method: number,
    payload: Uint8Array,
    timeout?: number,
    metadata?: Flat,
    within?: number,
  ): void;
  clientStream(
    token: number,
    method: number,
    timeout?: number,
    metadata?: Flat,
    within?: number,
  ): void;
  bidiStream(
    token: number,
    method: number,
    timeout?: number,
    metadata?: Flat,
    within?: number,
  ): void;
}

/** Who asks a server to describe a service. */
export interface NativeDescriber {
  service(token: number, name: string, contractId?: string): void;
}

export interface NativeSession extends NativeDescriber {
  readonly id: bigint | undefined;
  stub(service: NativeService): NativeStub;
  close(token: number): void;
}

export interface NativeClient extends NativeDescriber {
  readonly peer: string;
  readonly services: [string, number, string][];
  stub(service: NativeService): NativeStub;
  health(token: number, service: string): void;
  session(overlapping: boolean): NativeSession;
  close(): void;
}

/** One of the runtime's own interceptors. */
export type NativeInterceptor = object;

/** One figure of a `Metrics`. */
export interface NativeSeries {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly labels: Flat;
  readonly value: number;
  readonly ends: readonly number[];
  readonly counts: readonly number[];
}

export interface NativeMetrics {
  snapshot(): NativeSeries[];
}

export interface NativeClientBuilder {
  intercept(interceptor: NativeInterceptor | number): void;
  connect(token: number, address: string): void;
}

export interface NativeHealth {
  set(service: string, serving: boolean): void;
  get(service: string): string;
}

export interface NativeConnection {
  readonly alpn: string;
  readonly peer: string;
  close(code?: number, reason?: string): void;
}

export interface NativeServer {
  readonly health: NativeHealth;
  serve(token: number): void;
  start(token: number): void;
  handle(token: number, connection: NativeConnection): void;
  shutdown(token: number, grace: number): void;
}

export interface NativeServerBuilder {
  add(service: NativeService, target: number): void;
  addPerSession(service: NativeService, target: number, overlaps: boolean): void;
  intercept(interceptor: NativeInterceptor | number): void;
  build(): NativeServer;
}

export interface NativeBlobs {
  addBytes(token: number, data: Uint8Array, tag?: string): void;
  addFile(token: number, path: string, tag?: string): void;
  getBytes(
    token: number,
    hash: string,
    offset: number,
    length: number | undefined,
    limit: number,
  ): void;
  chunks(token: number, hash: string, offset: number, length?: number): void;
  has(token: number, hash: string): void;
  size(token: number, hash: string): void;
  exportFile(token: number, hash: string, path: string): void;
  download(token: number, blob: string, peers: readonly string[], tag?: string): void;
  ticket(hash: string): string;
  tags(token: number): void;
  setTag(token: number, tag: string, hash: string): void;
  deleteTag(token: number, tag: string): void;
  list(token: number): void;
}

export interface NativeDocs {
  create(token: number): void;
  open(token: number, id: string): void;
  join(token: number, ticket: string): void;
  list(token: number): void;
  drop(token: number, id: string): void;
  createAuthor(token: number): void;
  defaultAuthor(token: number): void;
  authors(token: number): void;
}

export interface NativeDoc {
  readonly id: string;
  set(token: number, author: string, key: Uint8Array, value: Uint8Array): void;
  setHash(token: number, author: string, key: Uint8Array, hash: string): void;
  entry(token: number, key: Uint8Array, author?: string): void;
  get(token: number, key: Uint8Array, author: string | undefined, limit: number): void;
  query(token: number, query: object): void;
  delete(token: number, author: string, prefix: Uint8Array): void;
  share(token: number, write: boolean): void;
  subscribe(token: number): void;
  sync(token: number, peers: readonly string[]): void;
  leave(token: number): void;
  close(token: number): void;
}

export interface NativeGossip {
  readonly maxMessageSize: number;
  subscribe(token: number, topic: Uint8Array, peers: readonly string[]): void;
}

export interface NativeTopic {
  readonly id: Uint8Array;
  readonly neighbors: string[];
  events(token: number): void;
  broadcast(token: number, message: Uint8Array): void;
  joined(token: number): void;
  joinPeers(token: number, peers: readonly string[]): void;
  leave(): void;
}

export interface NativeDynamicMethod {
  readonly name: string;
  readonly pattern: string;
  readonly request: string;
  readonly response: string;
  call(token: number, request: string | undefined, options: object): void;
  put(token: number, of: number, request: string): void;
  finish(of: number): void;
}

export interface NativeDynamicService {
  readonly name: string;
  readonly contractId: string;
  readonly methods: string[];
  method(name: string): NativeDynamicMethod;
}

export interface NativeNode {
  readonly id: string;
  readonly address: string;
  readonly blobs: NativeBlobs;
  readonly docs: NativeDocs;
  readonly gossip: NativeGossip;
  acceptAster(token: number): void;
  addCredential(credential: string): void;
  bringRevocation(token: number, address: string, revocation: string, root: string): void;
  admit(peer: string, roles: readonly string[], attributes: Flat, time?: number): void;
  revoke(peer: string): boolean;
  admitted(): [string, string[]][];
  stats(): Record<string, unknown>;
  close(token: number): void;
}

/** A ticket's text, id, direct addresses and relay. */
export type TicketParts = [
  text: string,
  id: string,
  addresses: string[],
  relay: string | undefined,
];

interface Native {
  readonly Environment: new (
    drain: (records: Uint8Array, values: unknown[] | undefined) => void,
  ) => NativeEnvironment;
  readonly Service: new (
    name: string,
    contractId: string,
    contract: Uint8Array,
    types: readonly Uint8Array[],
    nested: readonly Uint8Array[],
  ) => NativeService;
  readonly ServerBuilder: new (
    environment: NativeEnvironment,
    node: NativeNode,
    options: object,
  ) => NativeServerBuilder;
  readonly ClientBuilder: new (
    environment: NativeEnvironment,
    node: NativeNode,
    options: object,
  ) => NativeClientBuilder;
  readonly RateLimit: new (rate: number, burst: number, per: string) => NativeInterceptor;
  readonly CircuitBreaker: new (failures: number, pause: number) => NativeInterceptor;
  readonly Audit: new () => NativeInterceptor;
  readonly Metrics: new (buckets?: readonly number[]) => NativeMetrics;
}

/** The file of the addon beside this one. */
function addon(): string {
  const name = `aster-runtime.${process.platform}-${process.arch}.node`;
  const path = fileURLToPath(new URL(name, import.meta.url));
  if (!existsSync(path)) {
    const text = `aster-runtime has no addon for ${process.platform} on ${process.arch} here (${path}): build it with \`cargo xtask typescript build\``;
    throw new Error(text);
  }
  return path;
}

let loaded: Native | undefined;

/** The addon, which is loaded when it is first needed: code that only encodes and decodes works without it. */
export function native(): Native {
  loaded ??= createRequire(import.meta.url)(addon()) as Native;
  return loaded;
}

/** The key under which objects of the package have what they stand for. */
export const inner: unique symbol = Symbol("aster-runtime.inner");
