// This thread's end of the border to the addon: records come in, and go to who waits for them. `src/record.rs` writes them.

import { Abort } from "./abort.js";
import { Cancelled } from "./errors.js";
import { failure, thrown } from "./failure.js";
import { block, uint32 } from "./metadata.js";
import { type NativeEnvironment, native } from "./native.js";

/** Who waits for what a token stands for. */
export abstract class Listener {
  /** A response, from `at` to `end`. */
  answer(_records: Uint8Array, _at: number, _end: number): void {}
  /** A response with metadata. */
  answerWith(_payload: Uint8Array, _header: string[], _trailer: string[]): void {}
  /** What work has led to. */
  done(_value: unknown): void {}
  failed(_error: Error): void {}
  /** Messages, each after its length, from `at` to `end`. */
  messages(_records: Uint8Array, _at: number, _end: number): void {}
  header(_flat: string[]): void {}
  end(_trailer: string[]): void {}
  room(): void {}
  closed(): void {}
  begun(): void {}
  items(_items: unknown[]): void {}
}

/** What answers the calls and the questions that come from the runtime. */
export interface Target {
  /** A call of the method at that place of the contract. `facts` to `request` is what is known of it. */
  call(
    token: number,
    method: number,
    records: Uint8Array,
    facts: number,
    end: number,
    request: Uint8Array | undefined,
  ): void;
  /** A question, or with the token 0 a word, with its facts. */
  hook(token: number, name: string, facts: readonly unknown[]): void;
}

/** A call that runs here for a peer. */
export interface Running {
  over(): void;
  room(): void;
  closed(): void;
  messages(records: Uint8Array, at: number, end: number): void;
  end(): void;
  failed(error: Error): void;
}

const listeners = new Map<number, Listener>();
const targets = new Map<number, Target>();
const running = new Map<number, Running>();
let lastToken = 0;
let lastTarget = 0;
let made: NativeEnvironment | undefined;

/** The addon's end, for this thread. */
export function environment(): NativeEnvironment {
  if (made === undefined) {
    const fresh = new (native().Environment)(drain);
    process.once("exit", () => {
      fresh.leave();
    });
    made = fresh;
  }
  return made;
}

/** Who may take more than records bring. */
export interface Puller {
  /** Records have been read: it may pull now. */
  resume(): void;
}

/** Whether records are being read: what they bring comes before what can be pulled meanwhile. */
let draining = false;
const pullers = new Set<Puller>();

/** Messages of a stream that have arrived and are in no record; later, while records are read. */
export function pull(token: number, puller: Puller): Uint8Array | undefined {
  if (draining) {
    pullers.add(puller);
    return undefined;
  }
  return environment().pull(token) ?? undefined;
}

/** A token for a listener, by which the addon names what it waits for. */
export function listen(listener: Listener): number {
  do {
    lastToken = (lastToken + 2) >>> 0;
  } while (lastToken === 0 || listeners.has(lastToken));
  listeners.set(lastToken, listener);
  return lastToken;
}

/** A listener waits no more. */
export function forget(token: number): void {
  listeners.delete(token);
}

/** Ends what a token stands for. */
export function cancel(token: number): void {
  if (listeners.delete(token)) environment().cancel(token);
}

/** The number of a target, by which the addon asks it. */
export function register(target: Target): number {
  do {
    lastTarget = (lastTarget + 1) >>> 0;
  } while (lastTarget === 0 || targets.has(lastTarget));
  targets.set(lastTarget, target);
  return lastTarget;
}

/** Lets a call of a peer hear of its end and of its messages. */
export function runs(token: number, call: Running): void {
  running.set(token, call);
}

/** A call of a peer was answered. */
export function answered(token: number): void {
  running.delete(token);
}

class Pending extends Listener {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (value: unknown) => void, reject: (error: Error) => void) {
    super();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override done(value: unknown): void {
    this.#resolve(value);
  }

  override failed(error: Error): void {
    this.#reject(error);
  }
}

/** A promise of what the work that `begin` begins under a token leads to. */
export function pending<T>(begin: (token: number) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const token = listen(new Pending(resolve as (value: unknown) => void, reject));
    try {
      begin(token);
    } catch (error) {
      listeners.delete(token);
      throw thrown(error);
    }
  });
}

/** The same, which is given up when a signal is aborted. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  begin: (token: number) => void,
): Promise<T> {
  if (signal === undefined) return await pending<T>(begin);
  const given = (): Cancelled =>
    new Cancelled("it was given up at this end", { cause: signal.reason as unknown });
  if (signal.aborted) throw given();
  let abort: Abort | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = new Abort(signal, () => {
      reject(given());
    });
  });
  let begun = 0;
  try {
    const work = pending<T>((token) => {
      begun = token;
      begin(token);
    });
    return await Promise.race([work, aborted]);
  } catch (error) {
    cancel(begun);
    throw error;
  } finally {
    abort?.off();
  }
}

const Kind = {
  Answer: 0,
  AnswerWith: 1,
  AnswerLarge: 2,
  Done: 3,
  Failed: 4,
  Messages: 5,
  MessagesLarge: 6,
  Header: 7,
  End: 8,
  Room: 9,
  Closed: 10,
  Call: 11,
  CallLarge: 12,
  Over: 13,
  Hook: 14,
  Forget: 15,
  Items: 16,
  Begun: 17,
} as const;

function drain(records: Uint8Array, values: unknown[] | undefined): void {
  let value = 0;
  const next = (): unknown => values?.[value++];
  draining = true;
  for (let at = 0; at < records.length;) {
    const kind = records[at] as number;
    const token = uint32(records, at + 1);
    const body = at + 9;
    const end = body + uint32(records, at + 5);
    at = end;
    try {
      one(kind, token, records, body, end, next);
    } catch (error) {
      // a listener's own fault: others hear what has happened to them
      queueMicrotask(() => {
        throw error;
      });
    }
  }
  draining = false;
  for (const puller of pullers) {
    pullers.delete(puller);
    puller.resume();
  }
}

/** Takes away and gives who waits for the end of something. */
function last(token: number): Listener | undefined {
  const listener = listeners.get(token);
  listeners.delete(token);
  return listener;
}

function one(
  kind: number,
  token: number,
  records: Uint8Array,
  body: number,
  end: number,
  next: () => unknown,
): void {
  switch (kind) {
    case Kind.Answer:
      last(token)?.answer(records, body, end);
      break;
    case Kind.AnswerWith: {
      const trailer = body + 4 + uint32(records, body);
      const payload = trailer + 4 + uint32(records, trailer);
      last(token)?.answerWith(
        records.subarray(payload, end),
        block(records, body),
        block(records, trailer),
      );
      break;
    }
    case Kind.AnswerLarge: {
      const payload = next() as Uint8Array;
      const trailer = body + 4 + uint32(records, body);
      last(token)?.answerWith(payload, block(records, body), block(records, trailer));
      break;
    }
    case Kind.Done: {
      const value = next();
      last(token)?.done(value);
      break;
    }
    case Kind.Failed: {
      const value = next();
      if (token % 2 === 1) running.get(token)?.failed(failure(value));
      else last(token)?.failed(failure(value));
      break;
    }
    case Kind.Messages:
      of(token)?.messages(records, body, end);
      break;
    case Kind.MessagesLarge: {
      const messages = next() as Uint8Array;
      of(token)?.messages(messages, 0, messages.length);
      break;
    }
    case Kind.Header:
      listeners.get(token)?.header(block(records, body));
      break;
    case Kind.End:
      if (token % 2 === 1) running.get(token)?.end();
      else last(token)?.end(end > body ? block(records, body) : []);
      break;
    case Kind.Room:
      of(token)?.room();
      break;
    case Kind.Closed:
      of(token)?.closed();
      break;
    case Kind.Call:
    case Kind.CallLarge: {
      const request = kind === Kind.CallLarge ? (next() as Uint8Array) : undefined;
      const method = uint32(records, body + 4);
      targets.get(uint32(records, body))?.call(token, method, records, body + 8, end, request);
      break;
    }
    case Kind.Over: {
      const call = running.get(token);
      running.delete(token);
      call?.over();
      break;
    }
    case Kind.Hook: {
      const [target, name, ...facts] = next() as [number, string, ...unknown[]];
      const asked = targets.get(target);
      if (asked !== undefined) asked.hook(token, name, facts);
      else if (token !== 0) environment().end(token);
      break;
    }
    case Kind.Forget:
      targets.delete(token);
      break;
    case Kind.Items: {
      const items = next() as unknown[];
      listeners.get(token)?.items(items);
      break;
    }
    case Kind.Begun:
      listeners.get(token)?.begun();
      break;
  }
}

/** Who has a token: even ones are of this side, odd ones of calls of peers. */
function of(token: number): Listener | Running | undefined {
  return token % 2 === 1 ? running.get(token) : listeners.get(token);
}
