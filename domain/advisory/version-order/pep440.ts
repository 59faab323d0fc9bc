/**
 * Python versions by the version specifiers specification
 * (https://packaging.python.org/specifications/version-specifiers/, once PEP 440), and, before all of those, versions from
 * before it in the order setuptools gave them.
 */
import { compareDigits, compareNumbers, compareText, isDigits, type Order, orderBy, toOrder } from './order.ts';

interface PythonVersion {
  readonly epoch: string;
  readonly release: readonly string[];
  /** Place of the pre-release phase, and its number: a development release of a final one comes before its alphas. */
  readonly pre: readonly [number, string];
  /** Undefined where it is no post-release: before all that are. */
  readonly post: string | undefined;
  /** Undefined where it is no development release: after all that are. */
  readonly dev: string | undefined;
  readonly local: readonly string[];
}

interface LegacyVersion {
  readonly parts: readonly string[];
}

/** Appendix "Parsing version strings with regular expressions". */
const PATTERN =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\d+)?)?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d+)?)?(?:[-_.]?(dev)[-_.]?(\d+)?)?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const PHASES: Readonly<Record<string, number>> = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 };
const BEFORE_ALPHA = -1;
const FINAL = 3;

function parsePython(text: string): PythonVersion | undefined {
  const match = PATTERN.exec(text);
  if (match?.[2] === undefined) return undefined;
  const [, epoch, release, phase, preNumber, implicitPost, postWord, postNumber, devWord, devNumber, local] = match;
  const post = implicitPost ?? (postWord === undefined ? undefined : (postNumber ?? '0'));
  const dev = devWord === undefined ? undefined : (devNumber ?? '0');
  const place = phase === undefined ? (post === undefined && dev !== undefined ? BEFORE_ALPHA : FINAL) : PHASES[phase]!;
  return {
    epoch: epoch ?? '0',
    release: release.split('.'),
    pre: [place, preNumber ?? '0'],
    post,
    dev,
    local: local?.split(/[-_.]/) ?? [],
  };
}

/** "comparing a numeric and lexicographic segment, the numeric section always compares as greater" */
function compareLocal(a: readonly string[], b: readonly string[]): Order {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index]!, b[index]!];
    const numeric = isDigits(left);
    if (numeric !== isDigits(right)) return numeric ? 1 : -1;
    const order = numeric ? compareDigits(left, right) : compareText(left, right);
    if (order !== 0) return order;
  }
  return toOrder(a.length - b.length);
}

function compareOptional(a: string | undefined, b: string | undefined, absent: -1 | 1): Order {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : toOrder(-absent);
  return compareDigits(a, b);
}

function comparePython(a: PythonVersion, b: PythonVersion): Order {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareNumbers(a.release, b.release) ||
    toOrder(a.pre[0] - b.pre[0]) ||
    compareDigits(a.pre[1], b.pre[1]) ||
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1) ||
    compareLocal(a.local, b.local)
  );
}

const LEGACY_WORDS: Readonly<Record<string, string>> = { pre: 'c', preview: 'c', '-': 'final-', rc: 'c', dev: '@' };

/** `pkg_resources.parse_version` of setuptools 8, which pip used for what is no PEP 440 version until 2022. */
function parseLegacy(text: string): LegacyVersion | undefined {
  if (!/^[a-z0-9._+!-]+$/.test(text)) return undefined;
  const parts: string[] = [];
  for (const word of [...(text.match(/\d+|[a-z]+|-/g) ?? []), 'final']) {
    if (isDigits(word)) {
      parts.push(word.padStart(8, '0'));
      continue;
    }
    const part = `*${LEGACY_WORDS[word] ?? word}`;
    if (part < '*final') while (parts.at(-1) === '*final-') parts.pop();
    while (parts.at(-1) === '00000000') parts.pop();
    parts.push(part);
  }
  return { parts };
}

function compareLegacy(a: LegacyVersion, b: LegacyVersion): Order {
  for (let index = 0; index < Math.min(a.parts.length, b.parts.length); index++) {
    const order = compareText(a.parts[index]!, b.parts[index]!);
    if (order !== 0) return order;
  }
  return toOrder(a.parts.length - b.parts.length);
}

function parse(text: string): PythonVersion | LegacyVersion | undefined {
  const version = text.trim().toLowerCase();
  return parsePython(version) ?? parseLegacy(version);
}

export const comparePep440 = orderBy(parse, (a, b): Order => {
  if ('parts' in a) return 'parts' in b ? compareLegacy(a, b) : -1;
  return 'parts' in b ? 1 : comparePython(a, b);
});

const isPython = (text: string) => PATTERN.test(text.trim().toLowerCase());

/**
 * Order of a version that somebody has and one that an advisory names. A build of it (`2.6.0+cu124`) is that version, as in
 * `==2.6.0` ("Version matching": a local label counts only where both have one). Of a text that is no version (`2.6.0-NA`) and
 * begins with a release, it is told for other releases, and for that one not known.
 */
export function comparePep440ToNamed(version: string, named: string): Order | undefined {
  const own = named.includes('+') ? version : version.replace(/\+.*$/, '');
  const order = comparePep440(own, named);
  // What is no version is before all that are.
  if (order !== 1 || isPython(named) || !isPython(own)) return order;
  const release = /^(v?\d+(?:\.\d+)*)[-_.]?[a-z][a-z0-9._-]*$/.exec(named.trim().toLowerCase())?.[1];
  const [left, right] = [parsePython(own.trim().toLowerCase()), parsePython(release ?? '')];
  if (left === undefined || right === undefined) return undefined;
  return compareDigits(left.epoch, right.epoch) || compareNumbers(left.release, right.release) || undefined;
}
