/** One vulnerability known under several ids is one finding: CVE, GHSA and the ecosystem's own record collapse. */
import type { Finding, Severity } from './finding.ts';

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

function worstMalicious(group: readonly Finding[]): Severity | undefined {
  return group.some(({ advisory }) => advisory.startsWith('MAL-')) ? 'critical' : undefined;
}

function merge(group: readonly Finding[]): Finding {
  const [first, ...others] = [...group].sort(byPreference);
  if (first === undefined) throw new TypeError('a group of findings has at least one');
  const rated = first.severity === 'unknown' ? (others.find(({ severity }) => severity !== 'unknown') ?? first) : first;
  const { score: _, fixedIn: __, ...rest } = first;
  const fixedIn = first.fixedIn ?? others.find((other) => other.fixedIn !== undefined)?.fixedIn;
  const aliases = new Set(group.flatMap(({ advisory, aliases }) => [advisory, ...aliases]));
  aliases.delete(first.advisory);
  return {
    ...rest,
    aliases: [...aliases].sort(),
    severity: worstMalicious(group) ?? rated.severity,
    ...(rated.score === undefined ? {} : { score: rated.score }),
    ...(fixedIn === undefined ? {} : { fixedIn }),
  };
}

/** Findings of one component; the first by preference speaks for its group, and keeps the other ids as aliases. */
export function mergeAliases(findings: readonly Finding[]): Finding[] {
  return groupByAlias(findings).map(merge);
}
