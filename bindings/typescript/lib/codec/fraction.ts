// Nanoseconds as the digits behind the point of a second.

/** `.5` for 500,000,000, and nothing for 0. */
export function fraction(nanoseconds: number): string {
  if (nanoseconds === 0) return "";
  return `.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}`;
}

/** The nanoseconds of at most nine digits. */
export function nanosecondsOf(digits: string): number {
  return Number(digits.padEnd(9, "0"));
}
