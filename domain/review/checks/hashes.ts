import type { Component, Ecosystem } from '../../sbom/component.ts';
import { parsePurl } from '../../sbom/purl.ts';
import type { Concern } from '../concern.ts';
import { hasHash, type ReviewCheck } from '../review-context.ts';

/** Other bytes under the same version, or nothing any more to tell by; in any lockfile, by itself. */
export const checkHashes: ReviewCheck = ({ component, same, before }, { hashingFiles }) => {
  const changed = same === undefined ? undefined : changeOf(same, component);
  if (changed !== undefined) return [{ component, ...changed }];
  if (hasHash(component)) return [];
  // What is fetched by commit is pinned by it.
  if (/@[0-9a-f]{40}/.test(parsePurl(component.purl).qualifiers?.vcs_url ?? '')) return [];
  // Which had none before itself has lost none, whatever its other versions have.
  if (same === undefined ? before.some(hasHash) : hasHash(same))
    return [{ rule: 'missing-hash', level: 'error', component, message: 'has no hash, and had one before' }];
  const isAlone = component.locations.some(({ path }) => hashingFiles.has(path));
  return same === undefined && isAlone
    ? [{ rule: 'missing-hash', level: 'error', component, message: 'has no hash in a lockfile that has hashes' }]
    : [];
};

type Change = Pick<Concern, 'rule' | 'level' | 'message'>;
const weight = { error: 0, unknown: 1, warning: 2 };

/** The gravest of all lockfiles. One that is new, or has another name now, is held against all that were there before. */
function changeOf(before: Component, after: Component): Change | undefined {
  const was = byLockfile(before);
  const everywhere = new Set([...was.values()].flatMap((values) => [...values]));
  return [...byLockfile(after)]
    .map(([path, values]) => changeIn(path, was.get(path) ?? everywhere, values, after.ecosystem))
    .filter((change) => change !== undefined)
    .toSorted((a, b) => weight[a.level] - weight[b.level])[0];
}

function byLockfile({ lockedHashes, locations, hashes, checksum }: Component): Map<string, ReadonlySet<string>> {
  if (lockedHashes !== undefined) return new Map(lockedHashes.map(({ path, values }) => [path, new Set(values)]));
  const values = new Set([
    ...hashes.map(({ algorithm, value }) => `${algorithm}:${value}`),
    ...(checksum === undefined ? [] : [checksum]),
  ]);
  return values.size === 0 ? new Map() : new Map(locations.map(({ path }) => [path, values]));
}

/** A version of theirs is one file: a second hash of one kind is that of other bytes, which the package manager takes as well. */
const oneFile: ReadonlySet<Ecosystem> = new Set(['npm', 'crates.io', 'Hex', 'Pub', 'NuGet', 'Packagist']);

function changeIn(
  path: string,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  ecosystem: Ecosystem,
): Change | undefined {
  if (before.size === 0) return undefined;
  if (after.size === 0)
    return { rule: 'missing-hash', level: 'error', message: `has no hash in ${path}, and had one before` };
  const kinds = new Set([...before].map(kindOf));
  const comparable = [...after].filter((value) => kinds.has(kindOf(value)));
  if (comparable.length === 0) return incomparable(before, after);
  const added = comparable.filter((value) => !before.has(value));
  if (added.length === comparable.length)
    return {
      rule: 'changed-hash',
      level: 'error',
      message: `the same version, and another hash than before in ${path}`,
    };
  if (added.length === 0) return undefined;
  return {
    rule: 'changed-hash',
    level: oneFile.has(ecosystem) ? 'error' : 'warning',
    message: `the same version, and in ${path} a hash that it did not have before, beside one it had: other bytes are taken too`,
  };
}

/** Both have hashes, of other kinds: the same bytes or others, nobody can tell. */
function incomparable(before: ReadonlySet<string>, after: ReadonlySet<string>): Change | undefined {
  const [was, is] = [strongest(before), strongest(after)];
  // The checksum of a tool beside the hash of a file.
  if (was === undefined || is === undefined) return undefined;
  const message = `the same version, and a hash of another kind (${was} before, ${is} now): nothing says that its bytes are the same`;
  return { rule: 'changed-hash', level: strengthOf(is) < strengthOf(was) ? 'error' : 'unknown', message };
}

const strength: Readonly<Record<string, number>> = { MD5: 0, 'SHA-1': 1, 'SHA-256': 2, 'SHA-384': 3, 'SHA-512': 4 };
const strengthOf = (kind: string) => strength[kind] ?? -1;

/** Of the hashes of files. */
function strongest(values: ReadonlySet<string>): string | undefined {
  return [...values]
    .map(kindOf)
    .filter((kind) => strengthOf(kind) >= 0)
    .toSorted((a, b) => strengthOf(b) - strengthOf(a))[0];
}

/** What is before the colon; of a tool's own checksum nothing counts but that it is one. */
function kindOf(value: string): string {
  const kind = value.slice(0, value.indexOf(':'));
  return strengthOf(kind) >= 0 ? kind : '';
}
