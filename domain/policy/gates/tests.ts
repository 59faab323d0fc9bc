import type { EvidenceRecord, TestFacts } from '../../trust/evidence.ts';
import { predicateTypes } from '../../trust/statement.ts';
import { refusedCount } from '../../trust/trust-refusal.ts';
import type { GateVerdict, JudgedArtifact } from '../gate.ts';
import { printSeconds } from '../instant.ts';
import { matchesPattern } from '../repository-pattern.ts';
import { type RefusedEvidence, refusedEvidence, refusedLine, rejectionOf, signerLabel } from './evidence-line.ts';
import { type Gate, type GateContext, gateOutcome, type RuleOf } from './gate-context.ts';
import { statementRefusal } from './statement-refusal.ts';

type Rule = RuleOf<'tests'>;

/** One run, by somebody whose results count. */
interface Run {
  readonly record: EvidenceRecord;
  readonly facts: TestFacts;
  readonly by: string;
  readonly signedAt: string | undefined;
}

interface Runs {
  readonly counted: Run[];
  readonly refused: RefusedEvidence[];
  /** What cannot be read, and may say anything. */
  readonly unclear: string[];
}

function collectRuns(accepted: readonly string[], judged: JudgedArtifact, context: GateContext): Runs {
  const use = { accepted, subject: judged.key.digest, predicateType: predicateTypes.testResult };
  const runs: Runs = { counted: [], refused: [], unclear: [] };
  for (const record of judged.evidence) {
    if (record.predicateType !== predicateTypes.testResult || record.subject !== use.subject) continue;
    const { verification, tests: facts } = record;
    if (verification.outcome === 'rejected' && verification.code === 'RECORD_FORGED') {
      runs.unclear.push(refusedLine(record, rejectionOf(verification)));
      continue;
    }
    const why = statementRefusal(record, use, judged, context);
    const by = signerLabel(context.policy, record);
    if (why !== undefined) runs.refused.push(refusedEvidence(record, why));
    else if (verification.outcome === 'rejected') runs.refused.push(refusedEvidence(record, rejectionOf(verification)));
    else if (facts === undefined) {
      const clause = `signed by ${by}, but its predicate is no test result`;
      runs.unclear.push(refusedLine(record, { code: 'PREDICATE_UNREADABLE', clause }));
    } else runs.counted.push({ record, facts, by, signedAt: verification.signedAt });
  }
  return runs;
}

/**
 * Each with the earliest time that any copy of the same signed bytes is proven to have been signed by, and with none where a copy
 * has none: a timestamp says "by then", and anybody can have a later one made for an old signature.
 */
function withFirstTimes(runs: readonly Run[]): Run[] {
  const bytesOf = ({ record: { bundle, verification } }: Run) =>
    verification.outcome === 'verified' ? (verification.signed?.digest ?? bundle) : bundle;
  return [...Map.groupBy(runs, bytesOf).values()].flatMap((copies) => {
    const times = copies.flatMap(({ signedAt }) => (signedAt === undefined ? [] : [signedAt]));
    const [first] = times.toSorted((a, b) => Date.parse(a) - Date.parse(b));
    return copies.map((run) => ({ ...run, signedAt: times.length === copies.length ? first : undefined }));
  });
}

const configurationOf = ({ facts }: Run) =>
  facts.configuration.length === 0 ? 'a configuration without a name' : facts.configuration.join(', ');

/**
 * Of runs with one configuration those that count: the newest of those whose time is proven, and all whose time is not. So a
 * failure is lifted only by what was shown to come after it, and an old result that is attached anew lifts nothing.
 */
function standing(runs: readonly Run[]): readonly Run[] {
  const times = runs.flatMap(({ signedAt }) => (signedAt === undefined ? [] : [Date.parse(signedAt)]));
  const newest = Math.max(...times);
  return runs.filter(({ signedAt }) => signedAt === undefined || Date.parse(signedAt) === newest);
}

interface Said {
  readonly verdict: GateVerdict;
  readonly line: string;
}

function judgeRun({ facts, by, signedAt, ...run }: Run, rule: Rule, now: string): Said {
  const { result, passed, warned, failed } = facts;
  const what = `${result} with ${configurationOf({ facts, by, signedAt, ...run })} (${passed} passed, ${warned} warned, ${failed} failed), by ${by}`;
  if (result === 'FAILED')
    return { verdict: 'fail', line: [what, ...(facts.failures ?? []).slice(0, 5)].join('; failed: ') };
  if (rule.maximumAge !== undefined) {
    if (signedAt === undefined)
      return { verdict: 'unknown', line: `${what}: nothing proves when, and an age is asked for` };
    const age = (Date.parse(now) - Date.parse(signedAt)) / 1000;
    if (age > rule.maximumAge)
      return {
        verdict: 'unknown',
        line: `${what}: ${printSeconds(age)} old, at most ${printSeconds(rule.maximumAge)} allowed: test again`,
      };
  }
  return { verdict: result === 'PASSED' ? 'pass' : rule.warned, line: what };
}

const rank: Readonly<Record<GateVerdict, number>> = { pass: 0, unknown: 1, fail: 2 };

/**
 * A test result (in-toto) about the artifact's own digest, by a trusted signer, that says PASSED; for each configuration that is
 * asked for. A failure fails, what is missing, old or unreadable is unknown. Pratique's own never count.
 */
export const testsGate: Gate<'tests'> = (rule, judged, context) => {
  const accepted = rule.signers ?? context.policy.document.signers.map(({ name }) => name);
  const { counted, refused, unclear } = collectRuns(accepted, judged, context);
  const isWanted = ({ facts }: Run) =>
    rule.configurations === undefined ||
    rule.configurations.some((wanted) => facts.configuration.some((name) => matchesPattern(wanted, name)));
  const wanted = withFirstTimes(counted).filter(isWanted);
  const effective = [...Map.groupBy(wanted, configurationOf).values()].flatMap(standing);
  const said = effective.map((run) => judgeRun(run, rule, context.now));
  const missing = (rule.configurations ?? []).filter(
    (pattern) => !effective.some(({ facts }) => facts.configuration.some((name) => matchesPattern(pattern, name))),
  );
  const details = [
    ...said.toSorted((a, b) => rank[b.verdict] - rank[a.verdict]).map(({ line }) => line),
    ...missing.map((pattern) => `no result with a configuration ${pattern}`),
    ...unclear,
    ...refused.map(({ line }) => line),
  ];
  const say = (verdict: GateVerdict, reason: string) =>
    gateOutcome('tests', verdict, reason, { details, evidence: effective.map(({ record }) => record.manifest) });
  const worst = said.reduce<Said | undefined>(
    (most, one) => (most === undefined || rank[one.verdict] > rank[most.verdict] ? one : most),
    undefined,
  );
  if (worst?.verdict === 'fail') return say('fail', `the tests did not pass: ${worst.line}`);
  if (unclear.length > 0) return say('unknown', `a test result can not be read: ${unclear[0]}`);
  if (worst === undefined) {
    const whose = accepted.length === 0 ? 'the policy lists no signers' : `accepted: ${accepted.join(', ')}`;
    const seen = refused.length === 0 ? '' : `; ${refusedCount(refused)}`;
    return say('unknown', `no test result by a trusted signer (${whose}${seen})`);
  }
  if (missing.length > 0) return say('unknown', `no test result with a configuration ${missing.join(', ')}`);
  if (worst.verdict === 'unknown') return say('unknown', `a test result does not count: ${worst.line}`);
  return say('pass', said.map(({ line }) => line).join('; '));
};
