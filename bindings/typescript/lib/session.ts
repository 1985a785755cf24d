// Calls that share state at the server.

import { Stub } from "./call.js";
import { type DescribeOptions, described, type DynamicService } from "./dynamic.js";
import { pending } from "./environment.js";
import { AsterError } from "./errors.js";
import { guarded } from "./failure.js";
import { inner, type NativeSession } from "./native.js";
import { known, type SessionServiceType } from "./service.js";

/**
 * Calls that share state at the server: clients of services with the scope `session` are made of it.
 * It begins with the first call, and ends with `close()`, when nothing holds it any more, or with its connection.
 */
export class Session {
  /** @internal */
  readonly [inner]: NativeSession;

  /** @internal */
  constructor(native: NativeSession) {
    this[inner] = native;
  }

  /** The number of the session on its connection; `undefined` before the first call. */
  get id(): bigint | undefined {
    return this[inner].id;
  }

  /** The service of that name, as the server describes it, as for a client; its calls are made in the session. */
  async service(name: string, options: DescribeOptions = {}): Promise<DynamicService> {
    return await described(this[inner], name, options);
  }

  /** Ends the session, after its running calls. */
  async close(): Promise<void> {
    await pending((token) => {
      this[inner].close(token);
    });
  }

  /** Ends the session, as `close()` does, and takes a lost one for ended: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      // a session that is lost has ended
      if (!(error instanceof AsterError)) throw error;
    }
  }
}

/** Calls one service in a session. Those of one session share it. */
export class SessionClient {
  /** What the methods of generated clients call with. */
  protected readonly stub: Stub;

  /** Checks the contract against what the server serves. Throws `ContractMismatch` with both ids, or `ServiceNotFound`. */
  constructor(session: Session, type: SessionServiceType<never>) {
    if (!(session instanceof Session)) {
      throw new TypeError(
        "a client of a service with sessions is made of a session: `client.session()`",
      );
    }
    const { native, declared } = known(type);
    this.stub = new Stub(
      guarded(() => session[inner].stub(native)),
      declared,
    );
  }
}
