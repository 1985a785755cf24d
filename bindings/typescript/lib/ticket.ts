// Whatever names a peer: a ticket, its text, or an endpoint id.

import { environment } from "./environment.js";
import { guarded } from "./failure.js";
import type { TicketParts } from "./native.js";

/** The address of a node: its id, the addresses that it is bound to, and its relay. Its text is the ticket. */
export class Ticket {
  /** The public key of the node, in hexadecimal digits. */
  readonly id: string;
  /** Where it can be dialled directly. */
  readonly addresses: readonly string[];
  /** The URL of its relay; `undefined` if it has none. */
  readonly relay: string | undefined;
  readonly #text: string;

  /** The address of the node of that id. Throws a `RangeError` for what is no id, no address or no URL. */
  constructor(
    id: string,
    options: {
      /** Where it can be dialled directly, `192.0.2.1:4433` each; nowhere without it. */
      readonly addresses?: readonly string[] | undefined;
      /** The URL of its relay; none without it. */
      readonly relay?: string | undefined;
    } = {},
  ) {
    const parts = guarded(() =>
      environment().makeTicket(id, options.addresses ?? [], options.relay),
    );
    [this.#text, this.id] = parts;
    this.addresses = Object.freeze(parts[2]);
    this.relay = parts[3];
  }

  /** Reads a ticket, or an endpoint id. Throws a `RangeError`, which says whether the text is damaged or something else. */
  static parse(text: string): Ticket {
    const [, id, addresses, relay]: TicketParts = guarded(() => environment().parseTicket(text));
    return new Ticket(id, { addresses, relay });
  }

  /** The ticket's text. */
  toString(): string {
    return this.#text;
  }

  /** The ticket's text. */
  toJSON(): string {
    return this.#text;
  }
}

/** What names a peer: a ticket, its text, or an endpoint id. */
export type Peer = string | Ticket;

/** The text that names a peer. */
export function peerText(peer: unknown): string {
  if (typeof peer === "string") return peer;
  if (peer instanceof Ticket) return peer.toString();
  throw new TypeError(`a peer is named by a ticket or an endpoint id, not by ${describe(peer)}`);
}

/** The texts that name several. */
export function peerTexts(peers: Peer | Iterable<Peer> | undefined): string[] {
  if (peers === undefined) return [];
  if (typeof peers === "string" || peers instanceof Ticket) return [peerText(peers)];
  return Array.from(peers, peerText);
}

function describe(value: unknown): string {
  return value === null ? "null" : typeof value;
}
