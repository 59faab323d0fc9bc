/**
 * Whether a range that a package asks for lets in a released version, as its package manager reads ranges: node-semver
 * (https://docs.npmjs.com/cli/using-npm/semver), Poetry's constraints with PEP 440's, RubyGems' requirements, Composer's
 * constraints (https://getcomposer.org/doc/articles/versions.md), NuGet's intervals
 * (https://learn.microsoft.com/nuget/concepts/package-versioning#version-ranges).
 */
import type { Ecosystem } from '../sbom/component.ts';

/** How one ecosystem writes ranges. */
interface Dialect {
  /** Between conditions that all must hold. */
  readonly and: RegExp;
  /** `~1.2` lets the last number given rise (to before 2), not the one after the first (to before 1.3). */
  readonly tildeLast: boolean;
  /** `>1.2` is from 1.3.0, `<=1.2` to before 1.3.0, `1.2` any 1.2: what is left out is any number. */
  readonly partial: boolean;
  /** What follows the numbers of a version that comes before the release itself. */
  readonly before: RegExp;
}

const dialects: Partial<Record<Ecosystem, Dialect>> = {
  npm: { and: /\s+/, tildeLast: false, partial: true, before: /^-/ },
  PyPI: {
    and: /\s*,\s*|\s+/,
    tildeLast: false,
    partial: false,
    before: /^[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)\d*$/i,
  },
  RubyGems: { and: /\s*,\s*/, tildeLast: true, partial: false, before: /^\.?[a-z]/i },
  NuGet: { and: /,/, tildeLast: false, partial: false, before: /^-/ },
  Packagist: { and: /\s*,\s*|\s+/, tildeLast: true, partial: false, before: /^-?(?:dev|a|b|rc|alpha|beta)[.\d]*$/i },
};

/** Longer ranges are not read. */
const MAXIMUM_LENGTH = 512;
const CONDITION =
  /^(\^|~>|~=|~|>=|<=|===|==|=|!=|<>|>|<)?v?(\d+(?:\.\d+)*)((?:\.[x*])*)(?:\+[\w.-]+)?([-_.a-z][\w.+-]*)?$/i;
const RELEASE = /^v?\d+(?:\.\d+)*$/;

/** Undefined where the range, or the version, is not understood, or is no release: nothing may be promised of it then. */
export function allowsVersion(ecosystem: Ecosystem, range: string, version: string): boolean | undefined {
  const dialect = dialects[ecosystem];
  if (dialect === undefined || range.length > MAXIMUM_LENGTH || !RELEASE.test(version)) return undefined;
  const wanted = numbersOf(version);
  const text =
    ecosystem === 'npm'
      ? range.replace(/^npm:(?:(?:@[^/@]+\/)?[^/@]+@)?/, '')
      : ecosystem === 'NuGet'
        ? readInterval(range)
        : range;
  const ways = text.split(/\|\|?/).map((way) => allowsWay(way.trim(), dialect, wanted));
  return ways.includes(true) ? true : ways.includes(undefined) ? undefined : false;
}

/** NuGet's `[1.0, 2.0)`, `[1.0]`, and `1.0` for that and all above, as conditions. */
function readInterval(range: string): string {
  const text = range.replaceAll(/\s/g, '');
  const [, open, lower = '', comma, upper = '', close] = /^([[(])([^,]*)(?:(,)([^,]*))?([\])])$/.exec(text) ?? [];
  if (open === undefined) return `>=${text}`;
  if (comma === undefined) return `=${lower}`;
  const from = lower === '' ? '' : `${open === '[' ? '>=' : '>'}${lower}`;
  const to = upper === '' ? '' : `${close === ']' ? '<=' : '<'}${upper}`;
  return [from, to].filter((condition) => condition !== '').join(',');
}

/** All conditions of one of the ways. */
function allowsWay(way: string, dialect: Dialect, version: readonly number[]): boolean | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(way);
  // `1.0 - 2.0` takes in any 2.0, as `<=` of what is left out does.
  if (hyphen !== null)
    return both([`>=${hyphen[1]}`, `<=${hyphen[2]}`].map((one) => holds(one, { ...dialect, partial: true }, version)));
  const conditions = way.replaceAll(/([<>=!~^])\s+/g, '$1').split(dialect.and);
  return both(conditions.map((one) => holds(one, dialect, version)));
}

function both(answers: readonly (boolean | undefined)[]): boolean | undefined {
  return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
}

function holds(condition: string, dialect: Dialect, version: readonly number[]): boolean | undefined {
  const text = condition.replace(/@(?:stable|rc|beta|alpha|dev)$/i, '');
  if (/^(?:|[*x]|>=0)$/i.test(text)) return true;
  const match = CONDITION.exec(text);
  if (match?.[2] === undefined) return undefined;
  const [, sign = '', digits, wildcard = '', suffix = ''] = match;
  const isBefore = suffix !== '' && dialect.before.test(suffix);
  if (suffix !== '' && !isBefore) return undefined;
  const from = numbersOf(digits);
  if ([...from, ...version].some((number) => !Number.isSafeInteger(number))) return undefined;
  const isOpen = wildcard !== '' || (dialect.partial && from.length < 3);
  const order = compare(version, from);
  const isIn = (place: number) => order >= 0 && compare(version, raised(from, place)) < 0;
  const last = from.length - 1;
  switch (sign) {
    case '^': {
      const first = from.findIndex((number) => number > 0);
      return isIn(first === -1 ? last : first);
    }
    case '~':
      return isIn(dialect.tildeLast ? Math.max(0, last - 1) : Math.min(1, last));
    case '~>':
      return isIn(dialect.partial ? Math.min(1, last) : Math.max(0, last - 1));
    case '~=':
      return last === 0 ? undefined : isIn(last - 1);
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '>':
      return isOpen ? compare(version, raised(from, last)) >= 0 : isBefore ? order >= 0 : order > 0;
    case '<=':
      return isOpen ? compare(version, raised(from, last)) < 0 : isBefore ? order < 0 : order <= 0;
    case '!=':
    case '<>':
      return wildcard !== '' ? !isIn(last) : isBefore || order !== 0;
    default:
      return isOpen ? isIn(last) : !isBefore && order === 0;
  }
}

function numbersOf(text: string): number[] {
  return text.replace(/^v/, '').split('.').map(Number);
}

/** The next higher one at `place`, without what follows. */
function raised(numbers: readonly number[], place: number): number[] {
  return [...numbers.slice(0, place), (numbers[place] ?? 0) + 1];
}

/** What is left out is zero. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
