// Blobs: content by its hash.

import { pending } from "./environment.js";
import { Events } from "./events.js";
import { guarded } from "./failure.js";
import type { NativeBlobs } from "./native.js";
import { type Peer, peerTexts } from "./ticket.js";

/** What is read at once without being told otherwise: 64 MiB. */
export const LIMIT = 64 * 1024 * 1024;

/** The blobs of a node: content by its hash. What is added stays; hashes have 64 hexadecimal digits. */
export class Blobs {
  readonly #native: NativeBlobs;

  /** @internal */
  constructor(native: NativeBlobs) {
    this.#native = native;
  }

  /** Adds bytes, which are copied, and gives their hash. `tag` names them. */
  addBytes(data: Uint8Array, options: { readonly tag?: string | undefined } = {}): Promise<string> {
    return pending((token) => {
      this.#native.addBytes(token, data, options.tag);
    });
  }

  /** Adds the content of a file, and gives its hash. `tag` names it. */
  addFile(path: string, options: { readonly tag?: string | undefined } = {}): Promise<string> {
    return pending((token) => {
      this.#native.addFile(token, path, options.tag);
    });
  }

  /**
   * The bytes of a blob, from `offset` on and `length` at most. Fails with `NotFound` for one that is not here as a whole, and with
   * a `RangeError` for more than `limit` bytes.
   */
  getBytes(
    hash: string,
    options: {
      readonly offset?: number | undefined;
      readonly length?: number | undefined;
      readonly limit?: number | undefined;
    } = {},
  ): Promise<Uint8Array> {
    const { offset = 0, length, limit = LIMIT } = options;
    return pending((token) => {
      this.#native.getBytes(token, hash, offset, length, limit);
    });
  }

  /** The bytes of a blob in pieces: some mebibyte is read ahead. */
  chunks(
    hash: string,
    options: { readonly offset?: number | undefined; readonly length?: number | undefined } = {},
  ): Events<Uint8Array> {
    return new Events((token) => {
      this.#native.chunks(token, hash, options.offset ?? 0, options.length);
    });
  }

  /** Whether the whole blob is here. */
  has(hash: string): Promise<boolean> {
    return pending((token) => {
      this.#native.has(token, hash);
    });
  }

  /** The size of a blob that is here, in bytes. Fails with `NotFound`. */
  size(hash: string): Promise<number> {
    return pending((token) => {
      this.#native.size(token, hash);
    });
  }

  /** Writes a blob to a file, and gives its size. A file that is there is replaced. */
  exportFile(hash: string, path: string): Promise<number> {
    return pending((token) => {
      this.#native.exportFile(token, hash, path);
    });
  }

  /**
   * Fetches a blob, by its hash from the first of `peers` that has it, or by a ticket of it; and gives its hash. What is here
   * already is not fetched again. Fails with `NotAdmitted`, `ConnectError` or `NotFound`, of the last peer.
   */
  download(
    blob: string,
    peers?: Peer | Iterable<Peer>,
    options: { readonly tag?: string | undefined } = {},
  ): Promise<string> {
    return pending((token) => {
      this.#native.download(token, blob, peerTexts(peers), options.tag);
    });
  }

  /** A ticket of a blob, with which others `download` it from this node. */
  ticket(hash: string): string {
    return guarded(() => this.#native.ticket(hash));
  }

  /** The tags, and the hashes that they name. */
  tags(): Events<readonly [tag: string, hash: string]> {
    return new Events((token) => {
      this.#native.tags(token);
    });
  }

  /** Lets a tag name a blob. What it named before it names no more. */
  setTag(tag: string, hash: string): Promise<void> {
    return pending((token) => {
      this.#native.setTag(token, tag, hash);
    });
  }

  /** Deletes a tag, and says whether it was there. The blob stays. */
  deleteTag(tag: string): Promise<boolean> {
    return pending((token) => {
      this.#native.deleteTag(token, tag);
    });
  }

  /** The hashes of the blobs that are here. */
  list(): Events<string> {
    return new Events((token) => {
      this.#native.list(token);
    });
  }
}
