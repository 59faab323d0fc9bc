/** What was decided about an advisory in each artifact that has it: the state that holds where it runs. */
import { decideFindings } from '../../domain/advisory/decision/decide-findings.ts';
import type { Finding } from '../../domain/advisory/finding.ts';
import { groupByVulnerability, namedBy } from '../../domain/advisory/merge-aliases.ts';
import type {
  AffectedArtifact,
  AskedAdvisory,
  ComponentPlace,
  PlaceDecision,
} from '../../domain/affected/affected-report.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Database } from './database.ts';
import { decisionsAbout } from './decision-rows.ts';
import { committersOf } from './promotion-approvals.ts';

/** From an id to every name of the same vulnerability, by way of the records that were found for the question. */
function namesByAdvisory(advisories: readonly AskedAdvisory[]): (id: string) => string[] {
  const named = advisories.map(({ id, aliases }) => ({ advisory: id, ...namedBy({ id, aliases, upstream: [] }) }));
  const names = new Map(
    groupByVulnerability(named).flatMap((group) => {
      const all = [...new Set(group.flatMap(({ advisory, aliases }) => [advisory, ...aliases]))];
      return group.map(({ advisory }) => [advisory, all] as const);
    }),
  );
  return (id) => names.get(id) ?? [id];
}

function asFindings({ purl, advisories }: ComponentPlace, namesOf: (id: string) => string[]): Finding[] {
  const plain = purl.replace(/[?#].*$/, '');
  const version = /@([^/@]*)$/.exec(plain)?.[1] ?? '';
  const name = decodeURIComponent(plain.replace(/@[^/@]*$/, '').replace(/^pkg:[^/]+\//, ''));
  return advisories.map((advisory) => ({
    ...{ advisory, aliases: namesOf(advisory), summary: '', severity: 'unknown', purl, name, locations: [] },
    version: decodeURIComponent(version),
  }));
}

/** In each environment that has the artifact; where none has, by what holds everywhere. */
export async function decideAffected(
  db: Database,
  policy: Policy,
  advisories: readonly AskedAdvisory[],
  items: readonly AffectedArtifact[],
): Promise<AffectedArtifact[]> {
  const namesOf = namesByAdvisory(advisories);
  const asked = items.flatMap(({ components }) => components.flatMap((one) => one.advisories));
  const decisions = await decisionsAbout(db, [...new Set(asked)].flatMap(namesOf));
  if (decisions.length === 0) return [...items];
  const now = new Date().toISOString();
  const rules = policy.document.findingDecisions;
  const decided: AffectedArtifact[] = [];
  for (const item of items) {
    const { repository, digest, environments } = item;
    const names = [...new Set(environments.map(({ environment }) => environment))];
    const committers = rules.notCommitter
      ? ((await committersOf(db, digest as Digest)) ?? ('unknown' as const))
      : undefined;
    const holding = (found: readonly Finding[], environment: string | undefined): PlaceDecision[] => {
      const enforces = environment !== undefined && findEnvironment(policy, environment)?.mode === 'enforce';
      const context = {
        ...{ repository, digests: [digest], environment, now, rules },
        ...(enforces && committers !== undefined ? { committers } : {}),
      };
      return decideFindings(found, decisions, context).flatMap(({ vex, ignored, decision }) =>
        decision === undefined
          ? []
          : [
              {
                ...{ id: decision.id, state: ignored === undefined ? (vex?.status ?? 'affected') : 'accepted_risk' },
                ...{ environment: environment ?? null, until: decision.until ?? null },
              },
            ],
      );
    };
    const components = item.components.map((component) => {
      const found = asFindings(component, namesOf);
      const places = names.length === 0 ? [undefined] : names;
      return { ...component, decisions: places.flatMap((environment) => holding(found, environment)) };
    });
    decided.push({ ...item, components });
  }
  return decided;
}
