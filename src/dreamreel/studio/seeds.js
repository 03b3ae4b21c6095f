// Seeds: the page throws them itself, so that a film's seed is known before it is drawn.

export const LARGEST_SEED = 2 ** 32 - 1

export const newSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]

/** So many seeds: the one that is kept and those after it, or new ones. */
export function seedsFor(kept, count) {
  const first = kept ?? null
  return Array.from({ length: count }, (_, idx) => (first === null ? newSeed() : (first + idx) % (LARGEST_SEED + 1)))
}
