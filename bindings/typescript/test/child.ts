// Processes that tests start, and kill.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("program.js", import.meta.url));

/** A process that runs a part of `program.ts`. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor(args: readonly string[]) {
    this.#process = spawn(process.execPath, [PROGRAM, ...args]);
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.#process.stderr.on("data", (data: Buffer) => (this.#errors += data.toString()));
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`the process has ended: ${this.#errors}`);
    return line.value;
  }

  /** Tells it to go on. */
  go(): void {
    this.#process.stdin.write("go\n");
  }

  /** Ends it without a word. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** The status with which it ends, and what it has printed as errors. */
  async end(): Promise<readonly [code: number | null, errors: string]> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, "exit");
    }
    return [this.#process.exitCode, this.#errors];
  }
}

/** Starts a part of `program.ts`. */
export function child(...args: readonly string[]): Child {
  return new Child(args);
}
