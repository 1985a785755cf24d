// The connections of a node, for those who bring their own accept loop.

import type { NativeConnection } from "./native.js";

const NATIVE = new WeakMap<Connection, NativeConnection>();

/** A connection that gate 0 has let in, of a peer that speaks one of Aster's protocols: `Server.handle` serves it. */
export class Connection {
  /** @internal */
  constructor(native: NativeConnection) {
    NATIVE.set(this, native);
  }

  /** The protocol: `aster/1`, or one of the two of admission. */
  get alpn(): string {
    return nativeConnection(this).alpn;
  }

  /** The key of the peer, in hexadecimal digits. */
  get peer(): string {
    return nativeConnection(this).peer;
  }

  /** Closes the connection instead of serving it. Without effect on one that is served. */
  close(code = 0, reason = ""): void {
    nativeConnection(this).close(code, reason);
  }
}

/** What a connection is to the addon. */
export function nativeConnection(connection: Connection): NativeConnection {
  const native = NATIVE.get(connection);
  if (native === undefined) throw new TypeError("expected a connection of `node.acceptAster()`");
  return native;
}
