// Which generated code this runtime fits.

/** The generation of generated code that this runtime fits. */
export const GENERATION = 1 as const;

/** Generated code begins with this call: another generation is a compile error there, and an error when it is imported. */
export function generation(expected: typeof GENERATION): void {
  if (expected !== GENERATION) {
    throw new Error(
      `aster-runtime does not fit this code (generation ${String(expected)}, not ${String(GENERATION)}): generate it with the asterc of the same version`,
    );
  }
}
