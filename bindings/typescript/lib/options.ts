// What programs give beside what they must: a name that is none is a mistake, not a wish.

/** Throws a `TypeError` if there is an option that `names` has not. `what` has them. */
export function onlyKnown(what: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || (options as unknown) === null) {
    throw new TypeError(`the options of ${what} are an object`);
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new TypeError(`${what} has no option \`${name}\`, it has ${list(names)}`);
    }
  }
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2
    ? quoted.join("")
    : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1) ?? ""}`;
}

/** The texts of a list. One text is none: it would be taken for its letters. */
export function texts(name: string, given: readonly string[] | undefined): string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || !given.every((text) => typeof text === "string")) {
    throw new TypeError(`\`${name}\` is an array of texts`);
  }
  return [...given];
}

/** A function that may be missing. */
export function aFunction(name: string, given: unknown): void {
  if (given !== undefined && typeof given !== "function") {
    throw new TypeError(`\`${name}\` is a function`);
  }
}

/** What ends a call early. */
export function checkTimes(options: {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}): void {
  if (options.timeoutMs !== undefined && typeof options.timeoutMs !== "number") {
    throw new TypeError("`timeoutMs` is a number of milliseconds");
  }
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw new TypeError("`signal` is an AbortSignal");
  }
}
