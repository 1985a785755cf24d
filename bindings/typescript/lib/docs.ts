// Docs: key-value documents that several nodes write.

import { LIMIT } from "./blobs.js";
import { pending } from "./environment.js";
import { Events } from "./events.js";
import type { NativeDoc, NativeDocs } from "./native.js";
import { type Peer, peerTexts } from "./ticket.js";

/** What an author wrote under a key. The value is the blob of that hash. */
export interface DocEntry {
  /** The key. */
  readonly key: Uint8Array;
  /** The id of the author, in hexadecimal digits. */
  readonly author: string;
  /** The hash of the value, with which `node.blobs` has it once it has arrived. */
  readonly hash: string;
  /** The bytes of the value. */
  readonly size: number;
  /** When it was written, by the clock of its author: microseconds of the Unix epoch. */
  readonly timestamp: bigint;
}

/** What a subscription to a document tells. */
export type DocEvent =
  /** An entry was written at this node. */
  | { readonly type: "insertLocal"; readonly entry: DocEntry }
  /** An entry arrived from a peer, which need not be who wrote it; `contentReady` tells of the rest of its value. */
  | {
      readonly type: "insertRemote";
      readonly entry: DocEntry;
      /** The key of that peer, in hexadecimal digits. */
      readonly peer: string;
      /** How much of the value is here. */
      readonly content: "complete" | "incomplete" | "missing";
    }
  /** The value of that hash, of one or more entries, has arrived. */
  | { readonly type: "contentReady"; readonly hash: string }
  /** Of the values that the last sync lacked, each has arrived or failed to. */
  | { readonly type: "pendingContentReady" }
  /** A peer, whose key that is, exchanges entries with this node from here on. */
  | { readonly type: "neighborUp"; readonly peer: string }
  /** It does no more. */
  | { readonly type: "neighborDown"; readonly peer: string }
  /** A sync with a peer is over. A first one that failed is repeated. */
  | {
      readonly type: "syncFinished";
      /** The key of that peer, in hexadecimal digits. */
      readonly peer: string;
      /** Whether this node began it. */
      readonly dialled: boolean;
      /** How many entries this node has sent. */
      readonly sent: number;
      /** How many entries it has received. */
      readonly received: number;
      /** Why it failed; `undefined` if it did not. */
      readonly error: string | undefined;
    };

/** What entries are asked for: all that is said holds for each. A `RangeError` for a `prefix` and a `key` together. */
export interface DocQuery {
  /** Those whose keys begin so. */
  readonly prefix?: Uint8Array | undefined;
  /** Those of that key. */
  readonly key?: Uint8Array | undefined;
  /** Those of that author; of all without it. */
  readonly author?: string | undefined;
  /** The latest of each key alone. */
  readonly latest?: boolean | undefined;
  /** By key from the last to the first; from the first to the last without it. */
  readonly descending?: boolean | undefined;
  /** How many of them are left out at the beginning; 0 without it. */
  readonly offset?: number | undefined;
  /** How many there are at most; all without it. */
  readonly limit?: number | undefined;
}

/** The documents of a node, and the authors that it writes as. */
export class Docs {
  readonly #native: NativeDocs;

  /** @internal */
  constructor(native: NativeDocs) {
    this.#native = native;
  }

  /** Makes a document. */
  async create(): Promise<Doc> {
    const made = pending<NativeDoc>((token) => {
      this.#native.create(token);
    });
    return new Doc(await made);
  }

  /** Opens a document that is here. Fails with `NotFound` for another one. */
  async open(id: string): Promise<Doc> {
    const opened = pending<NativeDoc>((token) => {
      this.#native.open(token, id);
    });
    return new Doc(await opened);
  }

  /** Opens the document of a ticket, and begins to sync with the peers that it names. */
  async join(ticket: string): Promise<Doc> {
    const joined = pending<NativeDoc>((token) => {
      this.#native.join(token, ticket);
    });
    return new Doc(await joined);
  }

  /** The ids of the documents that are here, and whether each can be written. */
  list(): Events<readonly [id: string, access: "write" | "read"]> {
    return new Events((token) => {
      this.#native.list(token);
    });
  }

  /** Removes a document, with all its entries, from this node. */
  drop(id: string): Promise<void> {
    return pending((token) => {
      this.#native.drop(token, id);
    });
  }

  /** Makes an author, and gives its id. Its key stays with this node. */
  createAuthor(): Promise<string> {
    return pending((token) => {
      this.#native.createAuthor(token);
    });
  }

  /** The id of the author that this node has without being asked. */
  defaultAuthor(): Promise<string> {
    return pending((token) => {
      this.#native.defaultAuthor(token);
    });
  }

  /** The ids of the authors whose keys are here. */
  authors(): Promise<readonly string[]> {
    return pending((token) => {
      this.#native.authors(token);
    });
  }
}

/** A document that is open here. */
export class Doc {
  readonly #native: NativeDoc;

  /** @internal */
  constructor(native: NativeDoc) {
    this.#native = native;
  }

  /** The id of the document, in hexadecimal digits. */
  get id(): string {
    return this.#native.id;
  }

  /**
   * Sets the value of a key for an author whose key is here, and gives the hash of the value, a blob of this node. Fails with a
   * `RangeError` for an empty value, and with `PermissionDenied` where the document can only be read.
   */
  set(author: string, key: Uint8Array, value: Uint8Array): Promise<string> {
    return pending((token) => {
      this.#native.set(token, author, key, value);
    });
  }

  /** Lets a key have a blob of this node as its value. */
  setHash(author: string, key: Uint8Array, hash: string): Promise<void> {
    return pending((token) => {
      this.#native.setHash(token, author, key, hash);
    });
  }

  /** The entry of a key: that of an author, or the latest of all; `undefined` if there is none. */
  entry(key: Uint8Array, author?: string): Promise<DocEntry | undefined> {
    return pending((token) => {
      this.#native.entry(token, key, author);
    });
  }

  /**
   * The value of a key: that of an author, or the latest of all; `undefined` if there is none. Fails with `NotFound` while a value
   * that a peer wrote has not arrived, and with a `RangeError` for more than `limit` bytes.
   */
  get(
    key: Uint8Array,
    author?: string,
    options: { readonly limit?: number | undefined } = {},
  ): Promise<Uint8Array | undefined> {
    return pending((token) => {
      this.#native.get(token, key, author, options.limit ?? LIMIT);
    });
  }

  /** The entries that a query asks for, by key. What was deleted has none. */
  query(query: DocQuery = {}): Events<DocEntry> {
    return new Events((token) => {
      this.#native.query(token, query);
    });
  }

  /** Deletes the entries of an author whose keys begin with `prefix`, and says how many they were. */
  delete(author: string, prefix: Uint8Array): Promise<number> {
    return pending((token) => {
      this.#native.delete(token, author, prefix);
    });
  }

  /**
   * A ticket with which others `join` the document at this node, and may write it with `write`. From here on the document is
   * synced. Whoever has the ticket can read, and write, the document.
   */
  share(options: { readonly write?: boolean | undefined } = {}): Promise<string> {
    return pending((token) => {
      this.#native.share(token, options.write ?? false);
    });
  }

  /**
   * What happens to the document from here on. Some 256 events are read ahead. If they are not taken, those who write the document
   * wait: read it, or leave it.
   */
  subscribe(): Events<DocEvent> {
    return new Events((token) => {
      this.#native.subscribe(token);
    });
  }

  /** Syncs the document with these peers, and with those that they know, until `leave()`. */
  sync(peers?: Peer | Iterable<Peer>): Promise<void> {
    return pending((token) => {
      this.#native.sync(token, peerTexts(peers));
    });
  }

  /** Syncs the document no more. What is here stays. */
  leave(): Promise<void> {
    return pending((token) => {
      this.#native.leave(token);
    });
  }

  /** Closes this handle of the document. */
  close(): Promise<void> {
    return pending((token) => {
      this.#native.close(token);
    });
  }

  /** Closes this handle, as `close()` does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
