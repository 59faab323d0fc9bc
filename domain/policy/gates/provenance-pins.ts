/** What a policy pins of a provenance: its source, and ref, commit, entry point, level and facts. */
import type { ProvenanceFacts } from '../../trust/evidence.ts';
import { checkExpectations } from '../../trust/slsa/check-expectations.ts';
import { sourceOf } from '../environments.ts';
import type { GateOutcome } from '../gate.ts';
import type { Policy } from '../policy.ts';
import { matchesPattern } from '../repository-pattern.ts';
import { canonicalSource } from '../source-address.ts';
import { gateOutcome, type RuleOf } from './gate-context.ts';
import { assess, type TrustedProvenance } from './vouched-provenance.ts';

/** Addresses the source may have; undefined where the policy asks for none. */
export function wantedSources(
  rule: RuleOf<'provenance'>,
  policy: Policy,
  repository: string,
): readonly string[] | undefined {
  if (rule.sources !== undefined) return rule.sources;
  const source = sourceOf(policy, repository);
  return source === undefined ? undefined : [source.git];
}

export const sourceLine = ({ sourceRepository, commit }: ProvenanceFacts) =>
  `${sourceRepository === undefined ? 'an unnamed source' : canonicalSource(sourceRepository)} at ${commit ?? 'an unnamed commit'}`;

type Rule = RuleOf<'provenance'>;

/** A pin that does not hold: `fail` where the provenance says otherwise, `unknown` where it does not say. */
interface Unmet {
  readonly verdict: 'fail' | 'unknown';
  readonly reason: string;
}

function unmetPins(reading: TrustedProvenance, rule: Rule): Unmet[] {
  const { facts } = reading;
  const said = { builderId: facts.builderId, source: sourceOfFacts(facts), entryPoint: facts.entryPoint };
  const unmet = checkExpectations(said, { refs: rule.refs, commits: rule.commits, entryPoints: rule.entryPoints }).map(
    ({ kind, reason }): Unmet => ({ verdict: kind === 'other' ? 'fail' : 'unknown', reason }),
  );
  const { level, whyNotHigher } = assess(reading);
  if (rule.level !== undefined && level < rule.level)
    unmet.push({
      verdict: 'fail',
      reason: `it is of SLSA Build level ${level}, not ${rule.level}: ${whyNotHigher.map(({ reason }) => reason).join('; ')}`,
    });
  for (const fact of ['hermetic', 'reproducible'] as const)
    if (rule[fact] === true && facts[fact] !== true)
      unmet.push({
        verdict: facts[fact] === false ? 'fail' : 'unknown',
        reason: facts[fact] === false ? `its build was not ${fact}` : `nothing says that its build was ${fact}`,
      });
  return unmet;
}

function sourceOfFacts({ sourceRepository, ref, commit }: ProvenanceFacts) {
  if (sourceRepository === undefined) return undefined;
  return {
    repository: sourceRepository,
    ...(ref === undefined ? {} : { ref }),
    ...(commit === undefined ? {} : { commit }),
  };
}

/**
 * Of provenance that counts: none may be from another source, and one must hold every pin. `wanted` are the addresses the
 * source may have, undefined for any.
 */
export function judgePins(
  counted: readonly TrustedProvenance[],
  rule: Rule,
  wanted: readonly string[] | undefined,
  details: readonly string[],
): GateOutcome {
  const evidence = counted.map(({ record }) => record.manifest);
  const outcome = (verdict: GateOutcome['verdict'], reason: string, more: readonly string[] = []) =>
    gateOutcome('provenance', verdict, reason, { evidence, details: [...more, ...details] });
  const matches = ({ sourceRepository }: ProvenanceFacts) =>
    wanted === undefined ||
    (sourceRepository !== undefined &&
      wanted.some((pattern) => matchesPattern(canonicalSource(pattern), canonicalSource(sourceRepository))));
  const other = counted.find(({ facts }) => facts.sourceRepository !== undefined && !matches(facts));
  if (other !== undefined)
    return outcome(
      'fail',
      `built by "${other.builder.name}" from ${sourceLine(other.facts)}; the policy wants ${wanted?.join(' or ')}`,
    );
  const fitting = counted.filter(({ facts }) => matches(facts));
  if (fitting.length === 0)
    return outcome(
      'unknown',
      `built by "${counted[0]?.builder.name}", but no provenance names its source; the policy wants ${wanted?.join(' or ')}`,
    );
  const judged = fitting.map((reading) => ({ reading, unmet: unmetPins(reading, rule) }));
  const found = judged.find(({ unmet }) => unmet.length === 0);
  if (found === undefined) {
    const all = judged.flatMap(({ reading, unmet }) => unmet.map((pin) => ({ ...pin, by: reading.builder.name })));
    const worst = all.find(({ verdict }) => verdict === 'fail') ?? all[0];
    return outcome(
      worst?.verdict ?? 'unknown',
      `built by "${worst?.by}", but ${worst?.reason}`,
      all.map(({ by, reason }) => `builder "${by}": ${reason}`),
    );
  }
  const { builder, facts } = found.reading;
  const retiring = builder.state === 'retiring' ? ' (retiring)' : '';
  const { level, whyNotHigher } = assess(found.reading);
  return outcome('pass', `built by "${builder.name}"${retiring} from ${sourceLine(facts)}`, [
    `SLSA Build level ${level}`,
    ...whyNotHigher.map((limit) => `not above level ${limit.level}: ${limit.reason}`),
  ]);
}
