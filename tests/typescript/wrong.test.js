// Programs that use generated code as it is not meant: each is refused by the type checker, at the mistake.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { HERE, workspace } from "./workspace.js";

const IMPORTS = `
import { Mood, HelloRequest, HelloReply, HelloClient, type Hello } from "../generated/hello/hello.js";
import { Outcome, LogEntry, Step, ShellClient, ControlClient } from "../generated/fleet/fleet/control.js";
import { Required, Sparse, Sets } from "../generated/corners/corners/scalars.js";
import type { Client, Session } from "aster-runtime";
declare const client: Client;
declare const session: Session;
export { Mood, HelloRequest, HelloReply, HelloClient, Outcome, LogEntry, Step, ShellClient, ControlClient, Required, Sparse, Sets, client, session, type Hello };
`;

/** What is right; each line of the others is one mistake. */
const RIGHT = `
HelloRequest.encode({ name: "x" });
HelloRequest.encode({ name: "x", mood: Mood.CURT });
HelloRequest.encode({ name: "x", mood: undefined });
const made: HelloRequest = HelloRequest.create({ name: "x" });
const mood: Mood = made.mood;
export function said(outcome: Outcome): string {
  switch (outcome.case) {
    case "done":
      return String(outcome.value.steps);
    case "failed":
      return outcome.value;
    case "steps":
      return outcome.value.name;
  }
}
const steps: readonly string[] = ["a"];
Step.encode({ name: "x", then: steps.map((name) => ({ name })) });
export const reply = await new HelloClient(client).greet({ name: String(mood) }, { timeoutMs: 5 });
export const text: string = reply.text;
await new ShellClient(session).cd({ path: "/" });
for await (const entry of new ControlClient(client).tail({ agents: new Set(["a"]) })) entry.labels.get("a");
export const implemented: Hello = { greet: (request) => ({ text: request.name, at: reply.at }) };
`;

/** A mistake, and what is said of it. */
const WRONG = [
  ["HelloRequest.encode({});", 2345, /Property 'name' is missing/],
  ['HelloRequest.encode({ name: "x", moood: 1 });', 2561, /'moood' does not exist.*'mood'/],
  ["HelloRequest.encode({ name: 1 });", 2322, /'number' is not assignable to type 'string'/],
  ['HelloRequest.encode({ name: "x", mood: 2 });', 2322, /'2' is not assignable to type 'Mood/],
  ['HelloRequest.encode({ name: "x", mood: null });', 2322, /'null' is not assignable/],
  ["export const mood: Mood = 7;", 2322, /'7' is not assignable/],
  ["export const read: HelloRequest = { name: String() };", 2741, /Property 'mood' is missing/],
  ["Required.create({} as Required).e + 1;", 2365, /'bigint' and '1'/],
  ["export const wide: bigint = Number(1);", 2322, /'number' is not assignable to type 'bigint'/],
  ["export const e: Required['e'] = 5;", 2322, /'number' is not assignable to type 'bigint'/],
  [
    "export const q: Required['q'] = 'bytes';",
    2322,
    /'string' is not assignable to type 'Uint8Array/,
  ],
  [
    "export const r: Required['r'] = new Date();",
    2740,
    /'Date' is missing the following properties from type 'Timestamp'/,
  ],
  [
    "Sets.create({ a: [true] });",
    2739,
    /is missing the following properties from type 'ReadonlySet<boolean>'/,
  ],
  ['Outcome.create({ case: "gone", value: "x" });', 2322, /'"gone"' is not assignable/],
  [
    'Outcome.create({ case: "failed", value: 1 });',
    2322,
    /'number' is not assignable to type 'string \| /,
  ],
  [
    "export const of = (outcome: Outcome): string => outcome.value;",
    2322,
    /not assignable to type 'string'/,
  ],
  [
    `export function said(outcome: Outcome): string {
      switch (outcome.case) {
        case "done": return "done";
        case "failed": return outcome.value;
      }
    }`,
    2366,
    /lacks ending return statement/,
  ],
  [
    `export function told(mood: Mood): string {
      switch (mood) {
        case Mood.CURT: return "curt";
      }
    }`,
    2366,
    /lacks ending return statement/,
  ],
  ["Mood.CURT = 2;", 2540, /read-only/],
  ["new HelloClient(client).greet();", 2554, /Expected 1-2 arguments/],
  [
    'new HelloClient(client).greet({ name: "x" }, { timeout: 5 });',
    2561,
    /'timeout' does not exist.*'timeoutMs'/,
  ],
  ["new HelloClient(session);", 2345, /not assignable to parameter of type 'Client'/],
  ["new ShellClient(client);", 2345, /not assignable to parameter of type 'Session'/],
  [
    "await new ControlClient(client).tail({ agents: new Set<string>() }).then();",
    2339,
    /'then' does not exist/,
  ],
  ["new ControlClient(client).status({ verbose: true });", 2345, /Property 'agent' is missing/],
  ["export const implemented: Hello = {};", 2741, /Property 'greet' is missing/],
  ["export const implemented: Hello = { greet: () => ({ text: 'x' }) };", 2322, /'at' is missing/],
];

test("what is right is taken, and each mistake is found where it is", () => {
  const top = workspace();
  mkdirSync(join(top, "programs"));
  const path = (index) => join(top, "programs", `program${index}.ts`);
  const programs = [RIGHT, ...WRONG.map(([program]) => program)];
  programs.forEach((program, index) => writeFileSync(path(index), IMPORTS + program));
  const { compilerOptions } = JSON.parse(readFileSync(join(HERE, "tsconfig.json"), "utf8"));
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    { ...compilerOptions, noEmit: true, rootDir: ".", isolatedDeclarations: false },
    top,
  );
  assert.deepEqual(errors, []);
  const program = ts.createProgram(
    programs.map((_, index) => path(index)),
    options,
  );
  const found = programs.map((_, index) => {
    const file = program.getSourceFile(path(index));
    assert.ok(file);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ code, messageText }) => [code, ts.flattenDiagnosticMessageText(messageText, "\n")],
    );
  });
  assert.deepEqual(found[0], []);
  const unexpected = WRONG.flatMap(([text, code, message], index) => {
    const said = found[index + 1];
    const [only] = said;
    const right =
      said.length === 1 && only[0] === code && message.test(only[1].replaceAll("\n", " "));
    return right ? [] : [{ text, said }];
  });
  assert.deepEqual(unexpected, []);
});
