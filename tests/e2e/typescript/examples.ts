// The services of the examples, each with one answer that shows what it was asked.

import { DataLoss, type Implementation, InvalidArgument } from "aster-runtime";
import { Decimal, Duration, Timestamp } from "aster-runtime/codegen/v1";
import * as shapes from "./gen/corners/services.js";
import * as control from "./gen/fleet/control.js";
import * as hello from "./gen/hello.js";

const EPOCH = Timestamp.fromEpochNanoseconds(0n);

const greeter: hello.Hello = {
  greet: (request) => ({ text: `${request.name} ${request.mood}`, at: EPOCH }),
};

const fleet: control.Control = {
  status(request) {
    const outcome: control.OutcomeInit = {
      case: "done",
      value: { steps: 3, took: Duration.parse("-1.5s") },
    };
    return { agent: request.agent, load: [0.5], outcome: request.verbose ? outcome : undefined };
  },
  submit(request) {
    if (request.text === "") throw new InvalidArgument("the line is empty");
  },
  *tail(request) {
    for (const agent of request.agents) {
      yield { agent, at: EPOCH, text: "a line", level: request.level };
    }
  },
  async ingest(requests) {
    return { lines: BigInt((await collect(requests)).length) };
  },
  async *exec(requests) {
    for await (const command of requests) {
      const line = `${command.name} ${command.arguments.join(" ")}`;
      yield { line, code: Number(command.within.seconds) };
    }
  },
};

/** Where a session is. */
class Place implements control.Shell {
  #path = "/";

  cd(request: control.CdRequest): void {
    this.#path = request.path;
  }

  ls(): control.ListingInit {
    return { path: this.#path, names: [] };
  }
}

const drawn: shapes.Shapes = {
  unary: ({ text }) => ({ text }),
  unaryValue: ({ text }) => -[...text].length,
  unaryList: ({ text }) => [text, undefined],
  unaryMaybe: ({ text }) => (text === "" ? undefined : { text }),
  unaryNothing: () => undefined,
  noParameters: () => ({ text: "none" }),
  parameters(request) {
    const texts = request.list.map((item) => item.text);
    return (
      request.number === 7 &&
      request.maybe === undefined &&
      texts.length === 1 &&
      texts[0] === request.text
    );
  },
  many({ a, b, c, d, e, f, g }) {
    const text = [a, b, c, d, e, f].join(" ");
    if (text !== g) throw new DataLoss(text);
  },
  *serverStream(request) {
    for (const text of request.text) yield { text };
  },
  *serverStreamValue({ from, to }) {
    for (let number = from; number < to; number++) yield number;
  },
  async clientStream(requests) {
    return { text: (await collect(requests)).map(({ text }) => text).join("") };
  },
  async clientStreamValue(requests) {
    const texts = await collect(requests);
    return BigInt(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
  },
  async clientStreamNothing(requests) {
    await collect(requests);
  },
  async *bidi(requests) {
    for await (const { text } of requests) yield { text };
  },
  bidiValue: (requests) => requests,
  async *bidiMixed(requests) {
    for await (const { text } of requests) {
      let number;
      try {
        number = Decimal.parse(text);
      } catch (cause) {
        throw new InvalidArgument(`no number: ${text}`, { cause });
      }
      yield number;
    }
  },
};

/** All items of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

/** All of them, to be served. */
export function examples(): Implementation[] {
  return [
    hello.Hello.implement(greeter),
    control.Control.implement(fleet),
    shapes.Shapes.implement(drawn),
    control.Shell.perSession(() => new Place()),
  ];
}
