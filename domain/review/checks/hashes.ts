import type { Component } from '../../sbom/component.ts';
import { parsePurl } from '../../sbom/purl.ts';
import type { Concern } from '../concern.ts';
import { hasHash, type ReviewCheck } from '../review-context.ts';

/** Other bytes under the same version, or nothing any more to tell by. */
export const checkHashes: ReviewCheck = ({ component, same, before }, { hashingFiles }) => {
  if (same !== undefined && differs(same, component))
    return [
      { rule: 'changed-hash', level: 'error', component, message: 'the same version, and another hash than before' },
    ];
  const lost = same === undefined ? undefined : incomparable(same, component);
  if (lost !== undefined) return [{ rule: 'changed-hash', component, ...lost }];
  if (hasHash(component)) return [];
  // What is fetched by commit is pinned by it.
  if (/@[0-9a-f]{40}/.test(parsePurl(component.purl).qualifiers?.vcs_url ?? '')) return [];
  if (before.some(hasHash))
    return [{ rule: 'missing-hash', level: 'error', component, message: 'has no hash, and had one before' }];
  const isAlone = component.locations.some(({ path }) => hashingFiles.has(path));
  return same === undefined && isAlone
    ? [{ rule: 'missing-hash', level: 'error', component, message: 'has no hash in a lockfile that has hashes' }]
    : [];
};

const strength: Readonly<Record<string, number>> = { MD5: 0, 'SHA-1': 1, 'SHA-256': 2, 'SHA-384': 3, 'SHA-512': 4 };
const strongest = ({ hashes }: Component) =>
  hashes.map(({ algorithm }) => algorithm).sort((a, b) => (strength[b] ?? 0) - (strength[a] ?? 0))[0];

/** Both have hashes, of other kinds: the same bytes or others, nobody can tell. */
function incomparable(before: Component, after: Component): Pick<Concern, 'level' | 'message'> | undefined {
  const [was, is] = [strongest(before), strongest(after)];
  if (was === undefined || is === undefined) return undefined;
  if (after.hashes.some(({ algorithm }) => before.hashes.some((hash) => hash.algorithm === algorithm)))
    return undefined;
  const message = `the same version, and a hash of another kind (${was} before, ${is} now): nothing says that its bytes are the same`;
  return { level: (strength[is] ?? 0) < (strength[was] ?? 0) ? 'error' : 'unknown', message };
}

/** Only where both sides have one of a kind and none is the same: a version has several files, with a hash each. */
function differs(before: Component, after: Component): boolean {
  const common = after.hashes.filter((hash) => before.hashes.some(({ algorithm }) => algorithm === hash.algorithm));
  const isSame = common.some((hash) => before.hashes.some(({ value }) => value === hash.value));
  if (common.length > 0) return !isSame;
  return before.checksum !== undefined && after.checksum !== undefined && before.checksum !== after.checksum;
}
