/** Two looks at one package: which findings are about the same vulnerability, whichever of its records speaks for it. */
import type { Finding } from './finding.ts';
import { groupByVulnerability } from './merge-aliases.ts';

export interface FindingPairs {
  /** What a finding of the later look was before; several where records that stood apart are one finding now. */
  readonly was: (finding: Finding) => readonly Finding[];
  readonly isGone: (finding: Finding) => boolean;
}

/**
 * Records of one vulnerability come days apart (PyPI's, then GitHub's), and the preferred one names the finding: another name
 * is no other finding. Findings of one name are the same, whatever else they are called.
 */
export function pairFindings(before: readonly Finding[], after: readonly Finding[]): FindingPairs {
  const was = new Map(after.map((finding) => [finding, new Set<Finding>()]));
  const left = new Set(before);
  const sides = [
    ...before.map((finding) => ({ ...finding, finding, isNow: false })),
    ...after.map((finding) => ({ ...finding, finding, isNow: true })),
  ];
  for (const group of [...groupByVulnerability(sides), ...Map.groupBy(sides, ({ advisory }) => advisory).values()]) {
    const { now = [], old = [] } = Object.groupBy(group, ({ isNow }) => (isNow ? 'now' : 'old'));
    if (now.length > 0) for (const { finding } of old) left.delete(finding);
    for (const { finding } of now) for (const one of old) was.get(finding)?.add(one.finding);
  }
  return { was: (finding) => [...(was.get(finding) ?? [])], isGone: (finding) => left.has(finding) };
}
