/** A process that lives shorter than this has died quickly: starting it again at once would only do the same again. */
export const QUICK_DEATH_MS = 60_000;
/** So many quick deaths in a row, and it is left alone. */
export const MAX_QUICK_DEATHS = 5;
const FIRST_DELAY_MS = 500;

/** When to start what has died again: at once, then ever later, then no more. One long life, and it starts over. */
export class RestartPolicy {
  readonly #quickDeaths = new Map<string, number>();

  /** How long to wait, in milliseconds, before starting it again; undefined: not again. */
  died(name: string, livedMs: number): number | undefined {
    const quick = livedMs < QUICK_DEATH_MS ? (this.#quickDeaths.get(name) ?? 0) + 1 : 0;
    this.#quickDeaths.set(name, quick);
    if (quick >= MAX_QUICK_DEATHS) return undefined;
    return FIRST_DELAY_MS * 2 ** quick;
  }
}
