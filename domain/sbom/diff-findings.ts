import type { Finding } from '../advisory/finding.ts';
import { fromPurl } from './from-purl.ts';

export interface AdvisoryDifference {
  readonly gained: readonly Finding[];
  readonly lost: readonly Finding[];
}

/** An advisory about a package counts as the same one whatever the package's version: an update that does not help changes nothing. */
export function diffFindings(before: readonly Finding[], after: readonly Finding[]): AdvisoryDifference {
  const [old, young] = [new Set(before.map(findingKey)), new Set(after.map(findingKey))];
  return {
    gained: after.filter((one) => !old.has(findingKey(one))),
    lost: before.filter((one) => !young.has(findingKey(one))),
  };
}

function findingKey({ advisory, purl, name }: Finding): string {
  return `${advisory}\u0000${fromPurl(purl).ecosystem}\u0000${name}`;
}
