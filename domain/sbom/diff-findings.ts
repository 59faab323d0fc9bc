import type { Finding, ScanResult, Undecided } from '../advisory/finding.ts';
import { pairFindings } from '../advisory/pair-findings.ts';
import { fromPurl } from './from-purl.ts';

export interface AdvisoryDifference {
  readonly gained: readonly Finding[];
  readonly lost: readonly Finding[];
  /** New, or of another version than before, and nobody can tell whether an advisory is about it. */
  readonly undecided: readonly Undecided[];
}

type Scanned = Pick<ScanResult, 'findings' | 'undecided'>;

/**
 * An advisory about a package counts as the same one whatever the package's version: an update that does not help changes
 * nothing. Nor is it another one where another record of the same vulnerability speaks of the other version.
 */
export function diffFindings(before: Scanned, after: Scanned): AdvisoryDifference {
  const old = Map.groupBy(before.findings, packageOf);
  const young = Map.groupBy(after.findings, packageOf);
  const changed = new Set<Finding>();
  for (const name of new Set([...old.keys(), ...young.keys()])) {
    const [was, is] = [old.get(name) ?? [], young.get(name) ?? []];
    const pairs = pairFindings(was, is);
    for (const one of is) if (pairs.was(one).length === 0) changed.add(one);
    for (const one of was) if (pairs.isGone(one)) changed.add(one);
  }
  const unclear = new Set(before.undecided.map(undecidedKey));
  return {
    gained: after.findings.filter((one) => changed.has(one)),
    lost: before.findings.filter((one) => changed.has(one)),
    undecided: after.undecided.filter((one) => one.advisory !== undefined && !unclear.has(undecidedKey(one))),
  };
}

function undecidedKey({ advisory, purl }: Undecided): string {
  return `${advisory}\u0000${purl}`;
}

function packageOf({ purl, name }: Finding): string {
  return `${fromPurl(purl).ecosystem}\u0000${name}`;
}
