// Gossip: broadcast to everybody in a topic.

import { pending } from "./environment.js";
import { Events } from "./events.js";
import type { NativeGossip, NativeTopic } from "./native.js";
import { type Peer, peerTexts } from "./ticket.js";

/** What a topic tells. */
export type GossipEvent =
  /** A message of the topic; the neighbour that it came from need not be who sent it first. */
  | { readonly type: "received"; readonly message: Uint8Array; readonly peer: string }
  /** A peer, whose key that is, is next to this node from here on. */
  | { readonly type: "neighborUp"; readonly peer: string }
  /** It is no more. */
  | { readonly type: "neighborDown"; readonly peer: string }
  /** Messages are missing here: they came faster than they were read. */
  | { readonly type: "lagged" };

/** Gossip of a node: broadcast to everybody in a topic. */
export class Gossip {
  readonly #native: NativeGossip;

  /** @internal */
  constructor(native: NativeGossip) {
    this.#native = native;
  }

  /** The largest message that can be broadcast, in bytes. */
  get maxMessageSize(): number {
    return this.#native.maxMessageSize;
  }

  /** Joins a topic, which 32 bytes name, through peers that are in it. The first of a topic names none. */
  async subscribe(topic: Uint8Array, peers?: Peer | Iterable<Peer>): Promise<Topic> {
    const joined = pending<NativeTopic>((token) => {
      this.#native.subscribe(token, topic, peerTexts(peers));
    });
    return new Topic(await joined);
  }
}

/**
 * A topic that the node is in; what happens there is what it iterates over. Others in the topic wait for nobody: who reads too
 * slowly finds `lagged` where messages are missing. `close()`, or the end of the loop over it, leaves the topic.
 */
export class Topic implements AsyncIterator<GossipEvent, undefined>, AsyncIterable<GossipEvent> {
  readonly #native: NativeTopic;
  readonly #events: Events<GossipEvent>;

  /** @internal */
  constructor(native: NativeTopic) {
    this.#native = native;
    this.#events = new Events((token) => {
      native.events(token);
    });
  }

  /** The 32 bytes that name the topic. */
  get id(): Uint8Array {
    return this.#native.id;
  }

  /** The peers next to this node in the topic: those that it exchanges messages with. */
  get neighbors(): readonly string[] {
    return this.#native.neighbors;
  }

  /** Sends a message to everybody in the topic, except this node. Nobody says that it has arrived. */
  broadcast(message: Uint8Array): Promise<void> {
    return pending((token) => {
      this.#native.broadcast(token, message);
    });
  }

  /** Waits until there is a neighbour. */
  joined(): Promise<void> {
    return pending((token) => {
      this.#native.joined(token);
    });
  }

  /** Asks these peers to become neighbours too. */
  joinPeers(peers: Peer | Iterable<Peer>): Promise<void> {
    return pending((token) => {
      this.#native.joinPeers(token, peerTexts(peers));
    });
  }

  /** Itself: what happens is told once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What happens next. Fails with a `StoreError` if gossip did; the end is that the topic was left, or the node closed. */
  next(): Promise<IteratorResult<GossipEvent, undefined>> {
    return this.#events.next();
  }

  /** Leaves the topic; a loop that is left calls it. */
  async return(): Promise<IteratorResult<GossipEvent, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Leaves the topic. */
  async close(): Promise<void> {
    this.#native.leave();
    await this.#events.close();
  }

  /** Leaves the topic, as `close()` does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
