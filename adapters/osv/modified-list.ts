/**
 * `modified_id.csv` of OSV's bucket: a line a record, `<time of its last change>,<id>`, newest first. Read no further than to what
 * is known already.
 */
import { AdvisoryError } from './advisory-error.ts';

export interface ModifiedList {
  /** Of the first line that is of no time yet to come; undefined where there is none. */
  readonly newest: string | undefined;
  /** Modified at `since` or later, newest first, to their times. */
  readonly changed: ReadonlyMap<string, string>;
  /** More changed than are in `changed`, or the list does not reach back to `since`: it says too little. */
  readonly isCut: boolean;
}

const LONGEST_LINE = 512;
/** No separator of paths, nothing that means something in an address. */
const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:Z|\+00:00),([A-Za-z0-9][A-Za-z0-9._:+-]{0,127})$/;

async function* linesOf(bytes: AsyncIterable<Uint8Array>, place: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw malformed(place);
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (rest !== '') yield rest;
}

const malformed = (place: string) =>
  new AdvisoryError('FEED_UNREADABLE', `${place}: a line is not "<time>,<id>"; nothing was brought in`);

/**
 * `since`, `now`: RFC 3339 in UTC; without `since` only the newest is read. What is of a time yet to come, by a slip of its author, says
 * nothing about what is known until then. Throws an AdvisoryError for lines that are none, or out of order.
 */
export async function readModifiedList(
  bytes: AsyncIterable<Uint8Array>,
  { since, now, most, place }: { since: string | undefined; now: string; most: number; place: string },
): Promise<ModifiedList> {
  const [from, until] = [since?.replace(/Z$/, ''), now.replace(/Z$/, '')];
  const changed = new Map<string, string>();
  let [newest, last]: (string | undefined)[] = [undefined, undefined];
  for await (const line of linesOf(bytes, place)) {
    if (last === undefined && line === 'modified,id') continue;
    const [, at, id] = LINE.exec(line) ?? [];
    if (at === undefined || id === undefined) throw malformed(place);
    if (last !== undefined && at > last)
      throw new AdvisoryError('FEED_UNREADABLE', `${place}: not sorted, newest first; nothing was brought in`);
    last = at;
    if (at <= until) newest ??= `${at}Z`;
    if (from === undefined) {
      if (newest === undefined) continue;
      return { newest, changed, isCut: true };
    }
    if (at < from) return { newest, changed, isCut: false };
    if (changed.size >= most) return { newest, changed, isCut: true };
    changed.set(id, changed.get(id) ?? `${at}Z`);
  }
  // What has that very time is known: the list need not have anything older.
  return { newest, changed, isCut: last !== from };
}
