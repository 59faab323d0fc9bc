/** Sorts and groups more values than there is memory for as objects: sorted runs are packed away and merged at the end. */
import { MAX_ENTRY_CHARACTERS } from './document-limits.ts';
import type { KeptBudget } from './kept-budget.ts';
import { createPackedList, type PackedList } from './packed-list.ts';
import { SbomError } from './sbom-error.ts';

export interface Grouping<T> {
  /** `value` is plain JSON. Throws a SbomError where it is too large. */
  add(key: string, value: T): void;
  /** True where there is so much that not all of it is in memory as objects. */
  isLong(): boolean;
  /** Once, at the end: values of one key together, in the order they came in; keys in the order of their characters. */
  groups(): Generator<{ readonly key: string; readonly values: readonly T[] }>;
}

/** Characters of JSON that are held as objects before they are packed away: some fifteen thousand components. */
const RUN_CHARACTERS = 8 * 1024 * 1024;

interface Entry<T> {
  readonly key: string;
  readonly value: T;
}

/** Values of one key beyond `maxOfOne` are an error: they are in memory together. */
export function createGrouping<T>(budget: KeptBudget, maxOfOne: number): Grouping<T> {
  const runs: PackedList<Entry<T>>[] = [];
  let held: Entry<T>[] = [];
  let characters = 0;
  const packAway = (): void => {
    const run = createPackedList<Entry<T>>(budget);
    for (const { key, value } of held.sort(byKey)) run.add(JSON.stringify({ key, value } satisfies Entry<T>));
    runs.push(run);
    held = [];
    characters = 0;
  };
  return {
    add(key, value) {
      // The text is not kept: beside its value it would take as much again, and most documents are never packed.
      const size = key.length + JSON.stringify(value).length;
      if (size > MAX_ENTRY_CHARACTERS)
        throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_ENTRY_CHARACTERS} characters kept of one element`);
      held.push({ key, value });
      characters += size;
      if (characters > RUN_CHARACTERS) packAway();
    },
    isLong: () => runs.length > 0,
    *groups() {
      if (runs.length > 0) packAway();
      const sorted = runs.length > 0 ? merged(runs) : held.sort(byKey);
      let group: { readonly key: string; readonly values: T[] } | undefined;
      for (const { key, value } of sorted) {
        if (group?.key !== key) {
          if (group !== undefined) yield group;
          group = { key, values: [] };
        }
        group.values.push(value);
        if (group.values.length > maxOfOne)
          throw new SbomError('SBOM_TOO_LARGE', `one thing told of more than ${maxOfOne} times`);
      }
      if (group !== undefined) yield group;
      held = [];
    },
  };
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

interface Cursor<T> extends Entry<T> {
  readonly rest: Iterator<Entry<T>>;
  readonly run: number;
}

/** Runs by ascending key; of equal keys, the earlier run first. */
function* merged<T>(runs: readonly PackedList<Entry<T>>[]): Generator<Entry<T>> {
  const cursors: Cursor<T>[] = [];
  const insert = (rest: Iterator<Entry<T>>, run: number): void => {
    const next = rest.next();
    if (next.done === true) return;
    const cursor = { ...next.value, rest, run };
    let [low, high] = [0, cursors.length];
    // Descending: the next one is taken from the end.
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = cursors[middle];
      if (other !== undefined && (byKey(other, cursor) || other.run - run) > 0) low = middle + 1;
      else high = middle;
    }
    cursors.splice(low, 0, cursor);
  };
  for (const [run, list] of runs.entries()) insert(list.drain(), run);
  for (let cursor = cursors.pop(); cursor !== undefined; cursor = cursors.pop()) {
    yield cursor;
    insert(cursor.rest, cursor.run);
  }
}
