/**
 * Which records of a partition are done, when they finish out of order: only an unbroken run from the start may be
 * committed. What finished beyond a gap is remembered, so that it is not handled again when the gap is tried again.
 */
export class OffsetProgress {
  readonly #beyond = new Set<string>();

  isDone(offset: string): boolean {
    return this.#beyond.has(offset);
  }

  markDone(offset: string): void {
    this.#beyond.add(offset);
  }

  /** The last offset of the unbroken run of done records at the head of `offsets`; forgets those. */
  takeHead(offsets: readonly string[]): string | undefined {
    let last: string | undefined;
    for (const offset of offsets) {
      if (!this.#beyond.delete(offset)) break;
      last = offset;
    }
    return last;
  }
}
