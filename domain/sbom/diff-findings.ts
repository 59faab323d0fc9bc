import type { Finding, ScanResult, Undecided } from '../advisory/finding.ts';
import { fromPurl } from './from-purl.ts';

export interface AdvisoryDifference {
  readonly gained: readonly Finding[];
  readonly lost: readonly Finding[];
  /** New, or of another version than before, and nobody can tell whether an advisory is about it. */
  readonly undecided: readonly Undecided[];
}

type Scanned = Pick<ScanResult, 'findings' | 'undecided'>;

/** An advisory about a package counts as the same one whatever the package's version: an update that does not help changes nothing. */
export function diffFindings(before: Scanned, after: Scanned): AdvisoryDifference {
  const [old, young] = [new Set(before.findings.map(findingKey)), new Set(after.findings.map(findingKey))];
  const unclear = new Set(before.undecided.map(undecidedKey));
  return {
    gained: after.findings.filter((one) => !old.has(findingKey(one))),
    lost: before.findings.filter((one) => !young.has(findingKey(one))),
    undecided: after.undecided.filter((one) => one.advisory !== undefined && !unclear.has(undecidedKey(one))),
  };
}

function undecidedKey({ advisory, purl }: Undecided): string {
  return `${advisory}\u0000${purl}`;
}

function findingKey({ advisory, purl, name }: Finding): string {
  return `${advisory}\u0000${fromPurl(purl).ecosystem}\u0000${name}`;
}
