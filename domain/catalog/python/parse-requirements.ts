/** requirements.txt (https://pip.pypa.io/en/stable/reference/requirements-file-format/). */
import { namedHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { publicAddress, vcsUrl } from '../public-address.ts';
import { splitLines } from '../split-lines.ts';
import { parseWheelName } from './naming.ts';
import { indexesOf, optionsOf } from './requirement-options.ts';

const MAX_LINES = 200_000;
const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*/;
/** `name[extra] @ git+https://host/path@revision#egg=name`; what stands before or after the address may be missing. */
const VERSION_CONTROL =
  /^(?:([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*@\s*)?((?:git|hg|svn|bzr)\+[^\s#]+?)(?:@([^\s@/#;]+))?(?:#(\S*))?(?:[\s;].*)?$/;

export interface Requirements {
  readonly packages: readonly LockedPackage[];
  /** Other files of requirements that this one takes in, as it writes them: they are read in their own place. */
  readonly names: readonly string[];
  /** Origins of the indexes it names, which count for the files it takes in too, and for those that take it in. */
  readonly indexes: readonly string[];
}

/**
 * A name without `==` gets no version. What stands without a name (a folder, a bare address) can not be told; a wheel has it,
 * and its version, in the name of its file. Constraints (`-c`) ask for nothing.
 */
export function parseRequirements(text: string): Requirements {
  const lines = splitLines(text.replaceAll(/\\\r?\n/g, ' '), MAX_LINES).map((line) =>
    line.replace(/(?:^|\s)#.*$/, '').trim(),
  );
  const options = lines.flatMap(optionsOf);
  const indexes = indexesOf(options);
  const named = options.filter(({ name }) => name === 'requirement').map(({ value }) => publicAddress(value) ?? value);
  const packages = lines.flatMap((line, number) => toPackage(line, String(number), indexes) ?? []);
  return { packages, names: [...new Set(named)], indexes };
}

/** The name in the fragment of an address: `egg=name`, `egg=name[extra]&subdirectory=package`. */
function eggOf(fragment: string | undefined): string | undefined {
  return /(?:^|&)egg=([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/.exec(fragment ?? '')?.[1];
}

/** `fetchedFrom` only for what an index is asked for, and then always. */
function toPackage(line: string, key: string, indexes: readonly string[]): LockedPackage | undefined {
  const editable = /^(?:-e|--editable)[ =]+(.+)$/.exec(line)?.[1];
  const body = editable?.replace(/^(["'])(.*)\1$/, '$2') ?? line;
  const hashes = [...body.matchAll(/--hash[ =]+(\S+)/g)].flatMap((match) => namedHash(match[1]));
  const checkout = VERSION_CONTROL.exec(body);
  if (checkout !== null) {
    const [, given, address = '', revision, fragment] = checkout;
    const name = given ?? eggOf(fragment);
    return name === undefined ? undefined : { key, name, version: '', requires: [], vcsUrl: vcsUrl(address, revision) };
  }
  const place = /^[^-\s;[][^\s;[]*/.exec(body)?.[0] ?? '';
  const wheel = parseWheelName(place);
  if (wheel !== undefined) return { key, ...wheel, requires: [], hashes, downloadUrl: publicAddress(place) };
  const egg = /^[a-z][a-z\d+.-]*:\/\//i.test(place) ? eggOf(place.split('#', 2)[1]) : undefined;
  if (egg !== undefined)
    return { key, name: egg, version: '', requires: [], hashes, downloadUrl: publicAddress(place) };
  const named = body.startsWith('-') ? null : NAME.exec(body);
  if (named?.[1] === undefined) return undefined;
  const rest =
    body
      .slice(named[0].length)
      .replace(/\s--.*$/, '')
      .split(';', 1)[0]
      ?.trim() ?? '';
  const address = /^@\s*(\S+)/.exec(rest)?.[1];
  if (address !== undefined)
    return {
      key,
      name: named[1],
      version: parseWheelName(address)?.version ?? '',
      requires: [],
      hashes,
      downloadUrl: publicAddress(address),
    };
  // Neither a name alone nor one with versions: a path, prose.
  if (rest !== '' && !/^\(?(?:[<>=!~]=?=?)/.test(rest)) return undefined;
  const version = /^\(?={2,3}\s*([^\s,*)]+)\)?$/.exec(rest)?.[1] ?? '';
  return { key, name: named[1], version, requires: [], hashes, unnamedFiles: true, fetchedFrom: indexes };
}
