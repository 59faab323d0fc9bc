import type { Component } from '../../sbom/component.ts';
import { parsePurl } from '../../sbom/purl.ts';
import { hasHash, type ReviewCheck } from '../review-context.ts';

/** Other bytes under the same version, or nothing any more to tell by. */
export const checkHashes: ReviewCheck = ({ component, same, before }, { hashingFiles }) => {
  if (same !== undefined && differs(same, component))
    return [
      { rule: 'changed-hash', level: 'error', component, message: 'the same version, and another hash than before' },
    ];
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

/** Only where both sides have one of a kind and none is the same: a version has several files, with a hash each. */
function differs(before: Component, after: Component): boolean {
  const common = after.hashes.filter((hash) => before.hashes.some(({ algorithm }) => algorithm === hash.algorithm));
  const isSame = common.some((hash) => before.hashes.some(({ value }) => value === hash.value));
  if (common.length > 0) return !isSame;
  return before.checksum !== undefined && after.checksum !== undefined && before.checksum !== after.checksum;
}
