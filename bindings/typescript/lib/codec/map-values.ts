// A map with other values, for the `create` of generated code.

/** A map with the same keys, in their order; an empty one of nothing. */
export function mapValues<K, A, B>(
  map: ReadonlyMap<K, A> | undefined,
  make: (value: A) => B,
): Map<K, B> {
  const made = new Map<K, B>();
  if (map !== undefined) for (const [key, value] of map) made.set(key, make(value));
  return made;
}
