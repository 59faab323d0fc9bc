/** Why an advisory is, or is not, a finding: the same evaluation, told entry by entry. */
import type { Component } from '../sbom/component.ts';
import type { AdvisoryDatabase } from './database.ts';
import { evaluateFor, speaksOf } from './evaluate-component.ts';
import { countsAnyway, createStandings, isLeft, type Standing } from './left-to-distribution.ts';
import type { OsvAffected, OsvRecord } from './osv-record.ts';

/** One entry of one record against one component. */
export interface Explanation {
  readonly advisory: string;
  readonly purl: string;
  /** `left`: it may speak of the component, and the distribution's advisories answer for that. */
  readonly outcome: 'affected' | 'unaffected' | 'undecided' | 'withdrawn' | 'left';
  readonly because: string;
}

function describeRanges({ ranges, versions }: OsvAffected): string {
  const parts = ranges.map(({ type, events }) => {
    const words = events.map((event) =>
      Object.entries(event)
        .map(([kind, version]) => `${kind} ${version}`)
        .join(''),
    );
    return type === 'GIT' ? 'a range of Git commits, which is not looked at' : words.join(', ');
  });
  return [...parts, ...(versions.length === 0 ? [] : [`a list of ${versions.length} versions`])].join('; ');
}

/** What matters of a component beside itself. */
interface Context {
  readonly standing: Standing;
  readonly covered: ReadonlySet<string>;
}

/** Why upstream's record counts, where a package of the system brought the component. */
function whyCounted({ standing }: Context, record: OsvRecord): string {
  if (standing.kind === 'own') return '';
  if (standing.kind === 'counted') return `; not left to a distribution: ${standing.because}`;
  return countsAnyway(record)
    ? '; a malicious package is not left to its distribution'
    : `; not left to ${standing.distribution}, of which there are no advisories`;
}

function explainEntry(
  component: Component,
  record: OsvRecord,
  affected: OsvAffected,
  context: Context,
): Explanation | undefined {
  const about = { advisory: record.id, purl: component.purl };
  const spoken = speaksOf(component, affected);
  if (spoken === 'no') return undefined;
  if (record.withdrawn) return { ...about, outcome: 'withdrawn', because: `withdrawn on ${record.withdrawn}` };
  if (spoken === 'other-release') {
    const because = `for ${affected.package?.ecosystem}; the component is of release ${component.release}`;
    return { ...about, outcome: 'unaffected', because };
  }
  const evaluation = evaluateFor(component, affected);
  const { standing, covered } = context;
  if (evaluation.kind !== 'unaffected' && isLeft(standing, covered) && !countsAnyway(record)) {
    const because = `${standing.package} installed it: the advisories of ${standing.distribution} are matched with that`;
    return { ...about, outcome: 'left', because };
  }
  switch (evaluation.kind) {
    case 'affected':
      return { ...about, outcome: 'affected', because: evaluation.because + whyCounted(context, record) };
    case 'undecided':
      return { ...about, outcome: 'undecided', because: evaluation.reason + whyCounted(context, record) };
    case 'unaffected': {
      const because = `${component.advisoryVersion} is in none of: ${describeRanges(affected)}`;
      return { ...about, outcome: 'unaffected', because };
    }
  }
}

/** Names asked for at once. */
const BATCH = 500;

/**
 * Every component whose package the advisory names (by its id, an alias, or the vulnerability it is the fix of), with what
 * was decided. Empty where no component is of such a package.
 */
export async function explainAdvisory(
  id: string,
  components: readonly Component[],
  database: AdvisoryDatabase,
): Promise<readonly Explanation[]> {
  const explained: Explanation[] = [];
  const standingOf = createStandings(components);
  const covered = new Set((await database.state()).distributions);
  for (const [ecosystem, members] of Map.groupBy(components, (component) => component.ecosystem)) {
    const names = [...new Set(members.map(({ advisoryName }) => advisoryName))];
    for (let start = 0; start < names.length; start += BATCH) {
      const found = await database.lookup(ecosystem, names.slice(start, start + BATCH));
      for (const component of members)
        for (const record of found.get(component.advisoryName) ?? [])
          if ([record.id, ...record.aliases, ...record.upstream].includes(id))
            explained.push(
              ...record.affected.flatMap(
                (affected) =>
                  explainEntry(component, record, affected, { standing: standingOf(component), covered }) ?? [],
              ),
            );
    }
  }
  return explained;
}
