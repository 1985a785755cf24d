// A node: one endpoint that carries calls, blobs, docs and gossip.

import { Connection } from "./accept.js";
import { Blobs } from "./blobs.js";
import { Docs } from "./docs.js";
import { environment, pending } from "./environment.js";
import { Events } from "./events.js";
import { guarded } from "./failure.js";
import { Gossip } from "./gossip.js";
import { flat, mapped, type MetadataInit } from "./metadata.js";
import { inner, type NativeConnection, type NativeNode } from "./native.js";
import { onlyKnown, texts } from "./options.js";
import { type Peer, peerText } from "./ticket.js";

/** What a node lets its peers use, and for how long it waits for them. Times are in milliseconds. */
export interface Limits {
  /** The largest message, also after decompression, in bytes: 16 MiB. */
  readonly frame?: number | undefined;
  /** Streams that a peer may have open at once on one connection: 1,024. */
  readonly streams?: number | undefined;
  /** Calls of one peer that run at once: 256. */
  readonly callsPerPeer?: number | undefined;
  /** Calls of all peers that run at once: 4,096. */
  readonly calls?: number | undefined;
  /** Sessions that a peer may have open at once on one connection: 1,024. */
  readonly sessions?: number | undefined;
  /** Bytes of large messages that one peer may have in assembly: 32 MiB. */
  readonly bytesPerPeer?: number | undefined;
  /** Bytes of large messages that all peers may have in assembly: 512 MiB. */
  readonly bytes?: number | undefined;
  /** Connections that wait to be served: 256, of which admission may have half. */
  readonly queue?: number | undefined;
  /** Connections that peers may have open at once, all of them together: 4,096. */
  readonly connections?: number | undefined;
  /** Connections that one peer may have open at once for each protocol: 16. */
  readonly connectionsPerPeer?: number | undefined;
  /** Connections whose peer may be anybody, before others have to prove their address: 128; four times as many are refused. */
  readonly unadmitted?: number | undefined;
  /** How long a session without a running call lives: 5 min. */
  readonly sessionIdleMs?: number | undefined;
  /** How long a large message waits for its share of the bytes: 10 s. */
  readonly bytesWaitMs?: number | undefined;
  /** From the opening of a stream to its whole header: 10 s. */
  readonly headerTimeMs?: number | undefined;
  /** From the header of a unary call to its whole request: 30 s. */
  readonly requestTimeMs?: number | undefined;
  /** How long a unary handler may run: 300 s. */
  readonly unaryTimeMs?: number | undefined;
  /** How long an admission exchange may take: 10 s. */
  readonly admissionTimeMs?: number | undefined;
  /** How long a server to which calls are open may be silent before it is asked for a sign of life: 3 s. */
  readonly silenceMs?: number | undefined;
}

/** What a node for development may be told. */
export interface DevOptions {
  /** Opens it to the local network. */
  readonly lan?: boolean | undefined;
  /** Where it listens: `127.0.0.1:4433`. */
  readonly bind?: string | undefined;
  /** 32 bytes; a new one without it. */
  readonly secretKey?: Uint8Array | undefined;
  /** Where blobs and docs are kept; in memory without it. */
  readonly folder?: string | undefined;
  /** The roles that every peer has; all without it. */
  readonly devRoles?: readonly string[] | undefined;
  /** What peers may use, and how long they are waited for; the defaults that `Limits` names without it. */
  readonly limits?: Limits | undefined;
}

/** What a node may be told. */
export interface NodeOptions extends DevOptions {
  /** `"disabled"`, `"n0"`, or the URLs of relays. */
  readonly relay?: string | readonly string[] | undefined;
  /** How addresses of bare ids are found. */
  readonly lookup?: "none" | "n0" | undefined;
  /** The root key whose credentials it admits. */
  readonly trust?: string | undefined;
  /** The credentials that it shows, JSON as files have them. */
  readonly credentials?: readonly string[] | undefined;
  /** The file of what was revoked. */
  readonly revocations?: string | undefined;
  /** Sends nothing compressed. */
  readonly uncompressed?: boolean | undefined;
}

/** A way that a connection can take. */
export interface PathStats {
  /** The address of the peer, `192.0.2.1:4433`, or the URL of the relay. */
  readonly address: string;
  /** Whether it leads through a relay. */
  readonly relayed: boolean;
  /** Whether it is the one in use. */
  readonly selected: boolean;
  /** The round-trip time in milliseconds, with a fraction, as it is estimated now. */
  readonly roundTripMs: number;
}

/** A connection of a node. */
export interface ConnectionStats {
  /** The key of the peer at the other end, in hexadecimal digits. */
  readonly peer: string;
  /** The protocol: `aster/1`, or that of blobs, docs, gossip or admission. */
  readonly protocol: string;
  /** Whether this node has dialled. */
  readonly dialled: boolean;
  /** The ways that the connection can take. */
  readonly paths: readonly PathStats[];
}

/** What a node has now, and what it has counted since it was started: whole numbers. */
export interface Stats {
  /** Calls of its peers that run now. `Limits.calls` bounds them. */
  readonly callsInFlight: number;
  /** Bytes that large messages take now. `Limits.bytes` bounds them. */
  readonly bytesInUse: number;
  /** Sessions of its peers that are open now. */
  readonly sessions: number;
  /** Peers that are admitted now. */
  readonly admitted: number;
  /** Connections refused because their peer is not admitted. */
  readonly notAdmitted: number;
  /** Connections closed because the admission of their peer expired. */
  readonly expired: number;
  /** Connections closed because their peer was revoked. */
  readonly revoked: number;
  /** Connections refused because `Limits.queue` others waited to be served. */
  readonly queueFull: number;
  /** Connections refused because the peer had too many (`Limits.connectionsPerPeer`), or all had (`Limits.connections`). */
  readonly tooMany: number;
  /** Admission exchanges that failed, or took longer than `Limits.admissionTimeMs`. */
  readonly admissionFailed: number;
  /** Streams on which a peer broke the protocol. */
  readonly protocolErrors: number;
  /** Calls whose header or request did not arrive in time: `Limits.headerTimeMs`, `Limits.requestTimeMs`. */
  readonly slow: number;
  /** Calls refused because a limit or a budget was used up. */
  readonly overLimit: number;
  /** Calls refused because the caller lacks a role. */
  readonly permissionDenied: number;
  /** Handlers in Rust that panicked. What a handler in JavaScript throws is none: it goes to `onError` of the server. */
  readonly panics: number;
  /** Its connections, of whatever protocol and whoever dialled, oldest first. */
  readonly connections: readonly ConnectionStats[];
}

const OPTIONS: ReadonlySet<string> = new Set([
  "lan",
  "bind",
  "secretKey",
  "folder",
  "devRoles",
  "limits",
  "relay",
  "lookup",
  "trust",
  "credentials",
  "revocations",
  "uncompressed",
]);

/**
 * One endpoint with everything on it: calls, blobs, docs and gossip share its key and its address.
 * A node that is idle keeps no process alive; one whose server serves does.
 */
export class Node {
  /** @internal */
  readonly [inner]: NativeNode;

  private constructor(native: NativeNode) {
    this[inner] = native;
  }

  /** A node for development: a new key, loopback only, in memory, its gates open. */
  static dev(options: DevOptions = {}): Promise<Node> {
    return Node.#open("dev", "", options);
  }

  /** A node with explicit options. Its gates are closed: `trust` names the root key whose credentials it admits. */
  static spawn(options: NodeOptions = {}): Promise<Node> {
    return Node.#open("spawn", "", options);
  }

  /** The node whose identity file this is, with its key and its credentials. */
  static fromIdentity(path = ".aster-identity", options: NodeOptions = {}): Promise<Node> {
    return Node.#open("identity", path, options);
  }

  /** The node that `ASTER_…` variables, and `aster.toml` in this folder, describe. */
  static fromConfig(folder = "."): Promise<Node> {
    return Node.#open("config", folder, {});
  }

  static async #open(preset: string, path: string, options: NodeOptions): Promise<Node> {
    const given: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(options)) {
      if (!OPTIONS.has(name)) throw new TypeError(`a node has no option \`${name}\``);
      if (value !== undefined) given[name] = value;
    }
    if (typeof options.relay === "string") given["relay"] = [options.relay];
    if (options.limits !== undefined) {
      const limits = Object.entries(options.limits).filter(([, value]) => value !== undefined);
      given["limits"] = Object.fromEntries(limits);
    }
    const opened = pending<NativeNode>((token) => {
      environment().openNode(token, preset, path, given);
    });
    return new Node(await opened);
  }

  /** The public key that the node is known by, in hexadecimal digits. */
  get id(): string {
    return this[inner].id;
  }

  /** Where the node can be dialled now: a ticket. */
  get address(): string {
    return this[inner].address;
  }

  /** Content by its hash. */
  get blobs(): Blobs {
    return new Blobs(this[inner].blobs);
  }

  /** Key-value documents that several nodes share. */
  get docs(): Docs {
    return new Docs(this[inner].docs);
  }

  /** Broadcast to everybody in a topic. */
  get gossip(): Gossip {
    return new Gossip(this[inner].gossip);
  }

  /**
   * The connections of Aster's three protocols, for those who bring their own accept loop. Another loop or server begins when
   * this one was closed. Throws `AlreadyServing` while one takes them.
   */
  acceptAster(): Events<Connection> {
    return new Events<Connection>(
      (token) => {
        this[inner].acceptAster(token);
      },
      (item) => new Connection(item as NativeConnection),
    );
  }

  /**
   * Adds a credential, JSON as files have it, that the node shows: clients that are connected show it when they renew their
   * admission. Throws a `RangeError` for one that it cannot show.
   */
  addCredential(credential: string): void {
    guarded(() => {
      this[inner].addCredential(credential);
    });
  }

  /**
   * Brings a server what the operator of its mesh, whose root key that is, has revoked: a line as `aster revoke` prints it.
   * Fails with `FailedPrecondition` if the server did not take it in.
   */
  async bringRevocation(address: Peer, revocation: string, root: string): Promise<void> {
    const peer = peerText(address);
    await pending((token) => {
      this[inner].bringRevocation(token, peer, revocation, root);
    });
  }

  /**
   * Admits a peer, over every protocol of the node, for that time; without one until it is revoked. Again, it replaces what was said
   * before. Throws a `RangeError` for what is no peer, no role or no time, for attributes that are too many or too large, and when
   * 65,536 peers are admitted.
   */
  admit(
    peer: Peer,
    options: {
      /** What `@requires` of a service asks for; none without it. */
      readonly roles?: readonly string[] | undefined;
      /** What handlers see as `context.attributes`: of a name that comes twice, the last value. None without it. */
      readonly attributes?: MetadataInit | undefined;
      /** For how many milliseconds from now, not negative; until `revoke` without it. */
      readonly timeMs?: number | undefined;
    } = {},
  ): void {
    const text = peerText(peer);
    onlyKnown("an admission", options, ["roles", "attributes", "timeMs"]);
    guarded(() => {
      this[inner].admit(
        text,
        texts("roles", options.roles),
        flat(options.attributes) ?? [],
        options.timeMs,
      );
    });
  }

  /** Ends the admission of a peer, and closes its connections at once. Says whether it was admitted. */
  revoke(peer: Peer): boolean {
    const text = peerText(peer);
    return guarded(() => this[inner].revoke(text));
  }

  /** The peers that are admitted now, with the attributes of each. */
  admitted(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    return new Map(this[inner].admitted().map(([peer, attributes]) => [peer, mapped(attributes)]));
  }

  /** What the node has now, and what it has counted. */
  stats(): Stats {
    return this[inner].stats() as unknown as Stats;
  }

  /**
   * Closes the node: no new calls, up to 10 s for those that run, then the protocols and the endpoint. To wait for another time,
   * call `server.shutdown({ graceMs })` first. Closing it again does nothing more.
   */
  async close(): Promise<void> {
    await pending((token) => {
      this[inner].close(token);
    });
  }

  /** Closes the node, as `close()` does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
