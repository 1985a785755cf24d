// What a program's own functions throw where nobody waits for them: it is said, and costs nobody else anything.

/** Gets an error, what failed, and a reference that a peer may have been given; empty if none was. */
export type Report = (error: unknown, where: string, reference: string) => unknown;

/** Says it on the console. */
export function print(error: unknown, where: string, reference = ""): void {
  const of = reference === "" ? "" : `, reference ${reference}`;
  console.error(`aster-runtime: ${where}${of}:`, error);
}

/** Runs a function of the program's. What it throws goes to `failed`, and so does what a promise is rejected with that it gives. */
export function attempt(run: () => unknown, failed: (error: unknown) => void): void {
  let given: unknown;
  try {
    given = run();
  } catch (error) {
    failed(error);
    return;
  }
  if (typeof given === "object" && given !== null) {
    // only promises are of interest
    Promise.resolve(given).then(undefined, failed);
  }
}

/** Tells a report. What that throws is said with what it was told. */
export function tell(report: Report, error: unknown, where: string, reference = ""): void {
  attempt(
    () => report(error, where, reference),
    (failed) => {
      print(failed, "onError failed", reference);
      print(error, where, reference);
    },
  );
}
