/** Debian versions, `[epoch:]upstream[-revision]`, by Debian Policy 5.6.12 and deb-version(7). */
import { compareDigits, type Order, orderBy, toOrder } from './order.ts';

interface DebianVersion {
  readonly epoch: string;
  /** Alternating runs of non-digits and digits, either of them possibly empty. */
  readonly upstream: readonly string[];
  readonly revision: readonly string[];
}

const PATTERN = /^(?:(\d+):)?([A-Za-z0-9.+~:-]+)$/;
const REVISION = /^[A-Za-z0-9+.~]*$/;

function parseDebian(text: string): DebianVersion | undefined {
  const match = PATTERN.exec(text.trim());
  if (match?.[2] === undefined) return undefined;
  const [, epoch, rest] = match;
  if (epoch === undefined && rest.includes(':')) return undefined;
  const hyphen = rest.lastIndexOf('-');
  // "The absence of a debian_revision is equivalent to a debian_revision of 0."
  const upstream = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const revision = hyphen < 0 ? '0' : rest.slice(hyphen + 1);
  if (upstream === '' || !REVISION.test(revision)) return undefined;
  return { epoch: epoch ?? '0', upstream: runsOf(upstream), revision: runsOf(revision) };
}

/** "The lexical comparison is a comparison of ASCII values modified so that all the letters sort earlier than all the
 * non-letters and so that a tilde sorts before anything, even the end of a part." */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

function compareNonDigits(a: string, b: string): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = toOrder(weight(a[index]) - weight(b[index]));
    if (order !== 0) return order;
  }
  return 0;
}

function runsOf(text: string): readonly string[] {
  const runs = text.match(/\D+|\d+/g) ?? [];
  return /^\d/.test(text) ? ['', ...runs] : runs;
}

function compareParts(a: readonly string[], b: readonly string[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const compare = index % 2 === 0 ? compareNonDigits : compareDigits;
    const order = compare(a[index] ?? '', b[index] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

/** Order of Debian and Ubuntu packages. */
export const compareDpkg = orderBy(
  parseDebian,
  (a, b) =>
    compareDigits(a.epoch, b.epoch) || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision),
);
