import { decideFindings } from '../advisory/decision/decide-findings.ts';
import { type Finding, isSuppressed } from '../advisory/finding.ts';
import type { Digest } from '../artifact/digest.ts';
import { canonicalJson } from '../trust/canonical-json.ts';
import type { EnvironmentPolicy } from './document.ts';
import { preferDocuments } from './documents/prefer-documents.ts';
import type { GateOutcome, GateVerdict, JudgedArtifact } from './gate.ts';
import { exceptionsOf, firstEnd, isExcepted, UNDECIDED } from './gates/finding-exceptions.ts';
import { evaluateGate } from './gates/gates.ts';
import { slsaBuildLevel } from './gates/vouched-provenance.ts';
import type { Policy, Sha256 } from './policy.ts';
import type { Verdict } from './verdict.ts';

export interface VerdictQuestion {
  readonly policy: Policy;
  readonly environment: EnvironmentPolicy;
  readonly judged: JudgedArtifact;
  /** RFC 3339 */
  readonly now: string;
  readonly sha256: Sha256;
}

/** `fail` if any gate failed, else `unknown` if any could not tell (or there is none), else `pass`. */
function worst(gates: readonly GateOutcome[]): GateVerdict {
  if (gates.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return gates.length > 0 && gates.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'unknown';
}

/** What makes it another finding for who approves: being used by attackers, and what somebody decided about it. */
function canonicalFinding({ advisory, purl, severity, kev, vex, ignored, decision }: Finding): string {
  const state = ignored === undefined ? vex?.status : 'accepted_risk';
  return canonicalJson([
    ...[advisory, purl, severity],
    ...(kev === undefined ? [] : ['known-exploited']),
    ...(decision === undefined || state === undefined ? [] : [state, decision.id]),
  ]);
}

/** The findings as decisions have them that hold here and now. */
function decided({ policy, environment, judged, now }: VerdictQuestion): JudgedArtifact {
  const { decisions = [], committers, key } = judged;
  if (decisions.length === 0) return judged;
  const rules = policy.document.findingDecisions;
  const isAsked = rules.notCommitter && environment.mode === 'enforce';
  const decide = (findings: readonly Finding[], place: Digest) =>
    decideFindings(findings, decisions, {
      repository: key.repository,
      digests: [...new Set([key.digest, place])],
      environment: environment.name,
      now,
      rules,
      ...(isAsked ? { committers: committers ?? ('unknown' as const) } : {}),
    });
  const platforms = judged.platforms.map((platform) => ({
    ...platform,
    findings: decide(platform.findings, platform.digest),
  }));
  const reports = judged.reports?.map((report) => {
    const findings = decide(
      report.findings.map(({ finding }) => finding),
      report.about,
    );
    return {
      ...report,
      findings: report.findings.map((one, at) => ({ ...one, finding: findings[at] ?? one.finding })),
    };
  });
  return { ...judged, platforms, ...(reports === undefined ? {} : { reports }) };
}

/** When the first of the exceptions ends that are about something that was found. */
function exceptionsEnd(environment: EnvironmentPolicy, judged: JudgedArtifact, now: string): string | undefined {
  const exceptions = exceptionsOf({ environments: [environment] });
  if (exceptions.length === 0) return undefined;
  const found = [
    ...judged.platforms.flatMap(({ findings, undecided }) => [
      ...findings.map((finding) => ({ names: [finding.advisory, ...finding.aliases], purl: finding.purl })),
      ...undecided.map(({ advisory, purl }) => ({ names: [UNDECIDED, advisory ?? UNDECIDED], purl })),
    ]),
    ...(judged.reports ?? []).flatMap(({ findings }) => findings.map(({ ids, purl = '' }) => ({ names: ids, purl }))),
  ];
  return firstEnd(
    exceptions.filter((exception) => found.some(({ names, purl }) => isExcepted(exception, names, purl))),
    now,
  );
}

/** When the first of the decisions that it rests on ends. */
function decisionsEnd({ platforms, reports = [] }: JudgedArtifact): string | undefined {
  const all = [
    ...platforms.flatMap(({ findings }) => findings),
    ...reports.flatMap(({ findings }) => findings.map(({ finding }) => finding)),
  ];
  const ends = all.flatMap((finding) => (isSuppressed(finding) ? (finding.decision?.until ?? []) : []));
  return ends.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}

const sortedSet = (lines: Iterable<string>) => [...new Set(lines)].sort();

/** What other scanners found, where a gate of the environment reads it. */
function reportedIn({ gates }: EnvironmentPolicy, { reports = [] }: JudgedArtifact): { readonly reported?: string[] } {
  if (reports.length === 0 || !gates.some((rule) => 'reports' in rule && rule.reports !== undefined)) return {};
  return {
    reported: sortedSet(reports.flatMap(({ findings }) => findings.map(({ finding }) => canonicalFinding(finding)))),
  };
}

/**
 * sha256 over what a person approves: artifact, environment, policy, what each gate said, and everything that was found
 * (also below the threshold); no times, no approvals and no evidence, which a rescan makes anew.
 */
function decisionDigest(
  { policy, environment, judged, sha256 }: VerdictQuestion,
  gates: readonly GateOutcome[],
): Digest {
  const decision = {
    artifact: { repository: judged.key.repository, digest: judged.key.digest },
    environment: environment.name,
    policy: policy.digest,
    gates: gates.map(({ gate, verdict }) => [gate, verdict]),
    findings: sortedSet(judged.platforms.flatMap(({ findings }) => findings.map(canonicalFinding))),
    ...reportedIn(environment, judged),
    undecided: sortedSet(
      judged.platforms.flatMap(({ undecided }) =>
        undecided.map(({ purl, advisory }) => canonicalJson([advisory ?? '', purl])),
      ),
    ),
  };
  return sha256(new TextEncoder().encode(canonicalJson(decision)));
}

/** All gates of `environment` for one artifact. Approvals are apart (`evaluateApprovals`): they bind to the result. */
export function evaluateVerdict(asked: VerdictQuestion): Verdict {
  const { policy, environment, now } = asked;
  const context = { policy, now, environment: environment.name };
  const judged = decided({ ...asked, judged: preferDocuments(asked.judged, context) });
  const question = { ...asked, judged };
  const gates = environment.gates.map((rule) => evaluateGate(rule, judged, context));
  const outcome = worst(gates);
  const level = slsaBuildLevel(judged, context);
  const ends = [decisionsEnd(judged), exceptionsEnd(environment, judged, now)].filter((end) => end !== undefined);
  const [decisionsUntil] = ends.sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    key: judged.key,
    environment: environment.name,
    outcome,
    mode: environment.mode,
    admitted: environment.mode === 'audit' || outcome === 'pass',
    gates,
    policy: { digest: policy.digest, version: policy.document.version },
    decisionDigest: decisionDigest(question, gates),
    ...(level === undefined ? {} : { slsaBuildLevel: level }),
    ...(judged.findingsVersion === undefined ? {} : { findingsVersion: judged.findingsVersion }),
    ...(decisionsUntil === undefined ? {} : { decisionsUntil }),
    evaluatedAt: now,
  };
}
