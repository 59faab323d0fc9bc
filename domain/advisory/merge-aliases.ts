/** One vulnerability known under several ids is one finding: CVE, GHSA and the ecosystem's own record collapse. */
import { type Finding, severityRank } from './finding.ts';
import type { OsvRecord } from './osv-record.ts';

/** GitHub's reviewed records first, then the ecosystem's own, then plain CVEs. */
function precedence(id: string): number {
  return id.startsWith('GHSA-') ? 0 : id.startsWith('CVE-') ? 2 : 1;
}

const byPreference = (a: Finding, b: Finding) =>
  precedence(a.advisory) - precedence(b.advisory) || (a.advisory < b.advisory ? -1 : 1);

type Named = Pick<Finding, 'advisory' | 'aliases' | 'upstream'>;

const idsOf = ({ advisory, aliases }: Named) => [advisory, ...aliases];
const cvesOf = (names: readonly string[]) => new Set(names.filter((name) => name.startsWith('CVE-')));

/** True for the names of a record that is about several vulnerabilities at once, as some of Go's and Rust's are. */
const areOfSeveral = (names: readonly string[]) => cvesOf(names).size > 1;

/**
 * Names of the same vulnerability. An upstream id is one only where it is the only one: a DSA often fixes several CVEs. Names of
 * a record that is about several CVEs are no aliases either, whatever it calls them.
 */
export function namedBy(record: Pick<OsvRecord, 'id' | 'aliases' | 'upstream'>): Omit<Named, 'advisory'> {
  const { id, aliases, upstream } = record;
  const same = upstream.length === 1 ? [...aliases, ...upstream] : aliases;
  if (areOfSeveral([id, ...same])) return { aliases: [], upstream: [...new Set([...same, ...upstream])] };
  return {
    aliases: [...new Set(same)].filter((name) => name !== id).sort(),
    ...(upstream.length > 1 ? { upstream } : {}),
  };
}

/** Groups by shared id or alias, transitively. */
function groupByName<T extends Named>(all: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const touched = new Set(idsOf(one).flatMap((name) => (groups.has(name) ? [groups.get(name)!] : [])));
    const merged = [...[...touched].flat(), one];
    for (const name of merged.flatMap(idsOf)) groups.set(name, merged);
  }
  return [...new Set(groups.values())];
}

/**
 * Groups of one vulnerability each. Records with a CVE share that CVE: a name that two of them have in common is, where their
 * CVEs differ, that of a record about both. Those without one follow the names they share, where these lead to a single CVE.
 */
export function groupByVulnerability<T extends Named>(all: readonly T[]): T[][] {
  const isSeveral = (one: T) => one.upstream !== undefined || areOfSeveral(idsOf(one));
  const {
    several = [],
    cve = [],
    none = [],
  } = Object.groupBy(all, (one) => (isSeveral(one) ? 'several' : cvesOf(idsOf(one)).size === 1 ? 'cve' : 'none'));
  const byCve = [...Map.groupBy(cve, (one) => [...cvesOf(idsOf(one))][0]).values()];
  const groupsOfName = new Map<string, Set<T[]>>();
  for (const group of byCve)
    for (const name of group.flatMap(idsOf)) groupsOfName.set(name, (groupsOfName.get(name) ?? new Set()).add(group));
  const apart = groupByName(none).filter((group) => {
    const [first, ...others] = new Set(group.flatMap(idsOf).flatMap((name) => [...(groupsOfName.get(name) ?? [])]));
    if (first === undefined || others.length > 0) return true;
    first.push(...group);
    return false;
  });
  return [...byCve, ...apart, ...several.map((one) => [one])];
}

/** Of the malicious record first, which is critical whatever the others say; else of the gravest, and of those the first. */
function ratingOf(group: readonly Finding[]): Pick<Finding, 'severity' | 'score' | 'severityFrom'> {
  const malicious = group.find(({ advisory }) => advisory.startsWith('MAL-'));
  const [rated] = group.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity));
  const { severity, score, severityFrom } = { ...rated!, ...malicious };
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
  const aliases = new Set(group.flatMap(idsOf));
  aliases.delete(first.advisory);
  return {
    ...rest,
    ...ratingOf(sorted),
    aliases: [...aliases].sort(),
  };
}

/** Findings of one component; the first by preference speaks for its group, and keeps the other ids as aliases. */
export function mergeAliases(findings: readonly Finding[]): Finding[] {
  return groupByVulnerability(findings).map(merge);
}
