/** One vulnerability known under several ids is one finding: CVE, GHSA and the ecosystem's own record collapse. */
import type { Finding } from './finding.ts';

/** GitHub's reviewed records first, then the ecosystem's own, then plain CVEs. */
function precedence(id: string): number {
  return id.startsWith('GHSA-') ? 0 : id.startsWith('CVE-') ? 2 : 1;
}

const byPreference = (a: Finding, b: Finding) =>
  precedence(a.advisory) - precedence(b.advisory) || (a.advisory < b.advisory ? -1 : 1);

/** Groups by shared id or alias, transitively. */
function groupByAlias(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const names = [finding.advisory, ...finding.aliases];
    const touched = new Set(
      names.flatMap((name) => groups.get(name) ?? []).map((member) => groups.get(member.advisory)!),
    );
    const merged = [...[...touched].flat(), finding];
    for (const name of merged.flatMap((member) => [member.advisory, ...member.aliases])) groups.set(name, merged);
  }
  return [...new Set(groups.values())];
}

/** Of the malicious record first, which is critical whatever the others say; else of the first that is rated. */
function ratingOf(group: readonly Finding[]): Pick<Finding, 'severity' | 'score' | 'severityFrom'> {
  const malicious = group.find(({ advisory }) => advisory.startsWith('MAL-'));
  const rated = group.find(({ severity }) => severity !== 'unknown') ?? group[0]!;
  const { severity, score, severityFrom } = malicious === undefined ? rated : { ...rated, ...malicious };
  return {
    severity,
    ...(score === undefined ? {} : { score }),
    ...(severityFrom === undefined ? {} : { severityFrom }),
  };
}

function merge(group: readonly Finding[]): Finding {
  const sorted = [...group].sort(byPreference);
  const [first] = sorted;
  if (first === undefined) throw new TypeError('a group of findings has at least one');
  const { score: _, severityFrom: __, ...rest } = first;
  const aliases = new Set(group.flatMap(({ advisory, aliases }) => [advisory, ...aliases]));
  aliases.delete(first.advisory);
  return {
    ...rest,
    ...ratingOf(sorted),
    aliases: [...aliases].sort(),
  };
}

/** Findings of one component; the first by preference speaks for its group, and keeps the other ids as aliases. */
export function mergeAliases(findings: readonly Finding[]): Finding[] {
  return groupByAlias(findings).map(merge);
}
