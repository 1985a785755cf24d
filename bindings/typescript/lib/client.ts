// A client: admitted at one server, and connected to it.

import { Stub } from "./call.js";
import { type DescribeOptions, described, type DynamicService } from "./dynamic.js";
import { abortable, environment, pending } from "./environment.js";
import { guarded } from "./failure.js";
import { type Health, health } from "./health.js";
import { type ClientInterceptor, interceptorOf } from "./interceptor.js";
import { inner, type NativeClient, native } from "./native.js";
import { Node } from "./node.js";
import { onlyKnown, texts } from "./options.js";
import { print } from "./report.js";
import { known, type ServiceType } from "./service.js";
import { Session } from "./session.js";
import { type Peer, peerText } from "./ticket.js";

/** How a client connects. */
export interface ClientOptions {
  /** How long connecting may take, in milliseconds; ten seconds without it. */
  readonly timeoutMs?: number | undefined;
  /** Whether calls that may be repeated are; `true` without it. */
  readonly retry?: boolean | undefined;
  /** See every call, in their order; `after` in the opposite one. */
  readonly interceptors?: readonly ClientInterceptor[] | undefined;
  /** Methods, `package.Name/method`, whose requests are not compressed. */
  readonly uncompressed?: readonly string[] | undefined;
  /** The root key of the mesh that the server is of, for a node that is in several. */
  readonly mesh?: string | undefined;
  /** Trusts the server of that address without a credential. */
  readonly trustAddress?: boolean | undefined;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

const CLIENT_OPTIONS = [
  "timeoutMs",
  "retry",
  "interceptors",
  "uncompressed",
  "mesh",
  "trustAddress",
  "signal",
];

/** What a server told of a service. */
export interface ServedService {
  /** The full name, `package.Name`. */
  readonly name: string;
  /** The version, as `@version` of the schema has it; 1 without that. */
  readonly version: number;
  /** The id of the contract, 64 hexadecimal digits. */
  readonly contractId: string;
}

/** A connection to one server that has admitted this node. Clients of services are made of it. It keeps no process alive. */
export class Client {
  /** @internal */
  readonly [inner]: NativeClient;

  private constructor(native: NativeClient) {
    this[inner] = native;
  }

  /**
   * Connects to the server at an address: a ticket or an endpoint id. Fails with `NotAdmitted`, `ServerNotTrusted`, `ConnectError`
   * (nobody answers, or something that is no Aster server), `Cancelled` (the signal, or this node is closed), or a `RangeError` for
   * what is no address.
   */
  static async connect(node: Node, address: Peer, options: ClientOptions = {}): Promise<Client> {
    if (!(node instanceof Node))
      throw new TypeError("a client connects with a node: `Client.connect(node, address)`");
    const peer = peerText(address);
    onlyKnown("a client", options, CLIENT_OPTIONS);
    const { interceptors, signal, uncompressed, ...rest } = options;
    const builder = guarded(
      () =>
        new (native().ClientBuilder)(environment(), node[inner], {
          ...rest,
          uncompressed: texts("uncompressed", uncompressed),
        }),
    );
    for (const interceptor of interceptors ?? []) {
      guarded(() => {
        builder.intercept(interceptorOf(interceptor, print));
      });
    }
    return new Client(
      await abortable<NativeClient>(signal, (token) => {
        builder.connect(token, peer);
      }),
    );
  }

  /** The server's key, in hexadecimal digits. */
  get peer(): string {
    return this[inner].peer;
  }

  /** What the server told of its services. */
  get services(): readonly ServedService[] {
    return this[inner].services.map(([name, version, contractId]) => ({
      name,
      version,
      contractId,
    }));
  }

  /**
   * The service of that name, as the server describes it: the full name, `package.Name`, or the last part of it where that is
   * enough. Its messages are JSON.
   */
  async service(name: string, options: DescribeOptions = {}): Promise<DynamicService> {
    return await described(this[inner], name, options);
  }

  /** How a service of the server does; without a name, how the whole server does. */
  async health(service = ""): Promise<Health> {
    const told = pending<string>((token) => {
      this[inner].health(token, service);
    });
    return health(await told);
  }

  /**
   * A session: clients of services with the scope `session` are made of it. Its calls begin one after the other; with `overlapping`
   * they begin at once, and the server decides whether they run at once.
   */
  session(options: { readonly overlapping?: boolean | undefined } = {}): Session {
    onlyKnown("a session", options, ["overlapping"]);
    return new Session(this[inner].session(options.overlapping ?? false));
  }

  /** Ends the connection, for good: calls that run or come later end as `Cancelled`. */
  close(): void {
    this[inner].close();
  }

  /** Ends the connection, as `close()` does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** Calls one service of the server that a client is connected to. */
export class ServiceClient {
  /** What the methods of generated clients call with. */
  protected readonly stub: Stub;

  /** Checks the contract against what the server serves. Throws `ContractMismatch` with both ids, or `ServiceNotFound`. */
  constructor(client: Client, type: ServiceType<never>) {
    if (!(client instanceof Client)) {
      throw new TypeError(
        "a client of a service is made of a client: `await Client.connect(node, address)`",
      );
    }
    const { native: service, declared } = known(type);
    this.stub = new Stub(
      guarded(() => client[inner].stub(service)),
      declared,
    );
  }
}
