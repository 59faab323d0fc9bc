const FIRST_MS = 500;
const MAX_MS = 30_000;

/** Milliseconds to wait after the n-th failure in a row (1 for the first): doubling, bounded, and never in step with others. */
export function backoffOf(failures: number): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
  return full * (0.75 + Math.random() / 4);
}
