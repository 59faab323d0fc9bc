/** Letting an artifact in: judged once more, then signed with the environment's own key. */

import type { Digest } from '../../domain/artifact/digest.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { ApprovalProofs, ConfirmedProof } from '../../domain/identity/approval-proof.ts';
import { environmentRepository, findEnvironment, isIntakeRepository } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { PromotionBook, PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { type ApprovalRecord, createApprovalStatement } from '../../domain/trust/approval-statement.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { createPromotionStatement } from '../../domain/trust/promotion-statement.ts';
import type { StatementSigner } from '../../domain/trust/signer.ts';
import type { Statement } from '../../domain/trust/statement.ts';
import { admissionPublications } from './admission-publications.ts';
import { admissionSubjects } from './admission-subjects.ts';
import { attachLegacy } from './attach-legacy.ts';
import { type AttestDependencies, describe } from './attest.ts';
import { type ConfirmDependencies, type ConfirmedApproval, confirmApprovals } from './confirm-approvals.ts';
import { judge } from './judge.ts';
import { attachAll, type Publication, sayingTheSame, signAll } from './publish.ts';

export interface AdmitDependencies extends AttestDependencies, ConfirmDependencies {
  readonly promotions: PromotionBook;
  readonly proofs: ApprovalProofs;
}

export type Admission =
  | { readonly outcome: 'admitted'; readonly manifests: readonly Digest[] }
  /** What was reserved is not what is judged now: nothing was signed. */
  | {
      readonly outcome: 'refused';
      /** Absent in histories of before it was told: then denied. */
      readonly state?: 'denied' | 'cancelled' | 'quarantined';
      readonly reason: string;
    };

const LEASE_SECONDS = 120;

/**
 * Takes references only, and believes none of them: the reservation must stand in the database, the bytes must be at the
 * destination, and a fresh judgement must give the decision that was reserved.
 */
export async function admit(deps: AdmitDependencies, key: PromotionKey): Promise<Admission> {
  const denied = (reason: string): Admission => ({ outcome: 'refused', state: 'denied', reason });
  // What may be otherwise when it is looked at again.
  const cancelled = (reason: string): Admission => ({ outcome: 'refused', state: 'cancelled', reason });
  const policy = await deps.verdicts.policy();
  const environment = findEnvironment(policy, key.environment);
  if (environment === undefined) return denied(`the policy in force has no environment ${key.environment}`);
  if (!isIntakeRepository(policy, key.repository))
    return denied(`the policy in force takes nothing from ${key.repository}`);
  const standing = await deps.promotions.extendLease(key, LEASE_SECONDS);
  if (standing.outcome === 'refused') return standing;
  const stored = await deps.verdicts.latest(key, key.environment);
  const destination = environmentRepository(policy, key.environment, key.repository);
  const observed = await deps.registry.resolve(destination, key.digest);
  const [verdict] = await judge(deps, policy, key, { repository: destination, observed }, [environment]);
  if (stored === undefined || verdict === undefined) return cancelled('there is no verdict');
  if (observed === undefined) return cancelled(`${destination} does not show what was copied`);
  if (verdict.decisionDigest !== stored.verdict.decisionDigest)
    return cancelled('judged again, the decision is another one than was reserved');
  if (!verdict.admitted) return denied('judged again, it is not admitted');
  const people = await confirmApprovals(deps, key, environment, verdict.decisionDigest);
  // Whoever's approval fell away may approve again.
  if ('refused' in people) return cancelled(people.refused);
  const { subjects, descriptors } = await admissionSubjects(deps, destination, key.digest, observed);
  const evidenceSigner = await deps.keys.evidence();
  const passed = verdict.outcome === 'pass';
  // The admission key signs nothing but what passed: under audit the summary says FAILED, signed as evidence.
  const signer = passed ? await deps.keys.admission(key.environment) : evidenceSigner;
  const isLegacyWanted = passed && environment.consumers.some(({ format }) => format === 'legacy');
  if (isLegacyWanted && 'identity' in signer)
    return denied(
      `${key.environment} has consumers of cosign's older tags, which take a key, and its admissions are signed by an identity`,
    );
  const publications = admissionPublications(deps, policy, verdict, { subjects, descriptors, signer, id: stored.id });
  const admissions = await signAll(deps, publications);
  const summary = admissions[0];
  if (summary === undefined) return denied('no verdict was signed');
  const { approvals: given } = people;
  const route = { destination, verdict: summary.manifest, descriptors };
  const record = await promotionRecord(deps, key, policy, route, given, evidenceSigner);
  const approvals = approvalRecords(given, key, describe(descriptors, key.digest), evidenceSigner);
  const signed = [...admissions, ...(await signAll(deps, [record, ...approvals]))];
  // The claim's, before they are there: an admission that is taken back leaves no signature behind.
  const made = signed.map(({ manifest }) => manifest);
  if (!(await deps.promotions.recordCreated(key, made)))
    return cancelled('what was copied was taken out again meanwhile');
  // What was copied is listed by this same write. Go-live reads all of it back before it counts.
  const there = await deps.evidence.recordedWithChildren({ repository: destination, digest: key.digest });
  const copied = there.filter(({ verification }) => verification.outcome === 'verified');
  const manifests = await attachAll(deps, destination, signed, 'later', copied);
  if (isLegacyWanted && !('identity' in signer))
    if (!(await attachLegacy(deps, destination, subjects, signer, (tags) => deps.promotions.recordCreated(key, tags))))
      return cancelled('what was copied was taken out again meanwhile');
  await reach('promotion.admitted', key.digest);
  await deps.verdicts.attachSummary(stored.id, summary.manifest);
  return { outcome: 'admitted', manifests };
}

/** A statement for each approval that counted, so that who agreed to what is kept with the artifact. */
function approvalRecords(
  approvals: readonly ConfirmedApproval[],
  key: PromotionKey,
  subject: Publication['subject'],
  signer: StatementSigner,
): Publication[] {
  return approvals.map(({ approval: { principal, groups, reason, decisionDigest, at }, proof }) =>
    recordOf(
      createApprovalStatement({
        ...{ digest: key.digest, environment: key.environment, principal, groups, reason, decisionDigest, at },
        ...(proof === undefined ? {} : { proof: stated(proof) }),
      }),
      subject,
      signer,
    ),
  );
}

/**
 * Signed once for each thing that is said: an artifact can be let in under one generation on another decision, and the same bytes
 * from another repository under the same number.
 */
function recordOf(statement: Statement, subject: Publication['subject'], signer: StatementSigner): Publication {
  const step = [statement.predicateType, recordSaid(statement)];
  return { step, subject, signer, ...sayingTheSame(statement, recordSaid) };
}

/** All that a record claims but the time it was signed at. */
function recordSaid({ predicate }: Statement): string {
  const { timestamp: _, ...said } = (predicate ?? {}) as Record<string, unknown>;
  return canonicalJson(said);
}

function stated({ by, digest, shown }: ConfirmedProof): NonNullable<ApprovalRecord['proof']> {
  if (shown === undefined) return { kind: 'oidc', digest, identity: by };
  return 'signature' in shown
    ? { kind: 'ssh', digest, key: by, ...shown }
    : { kind: 'webauthn', digest, key: by, ...shown };
}

async function promotionRecord(
  { promotions, installation, now }: AdmitDependencies,
  key: PromotionKey,
  policy: Policy,
  route: {
    readonly destination: string;
    readonly verdict: Digest;
    readonly descriptors: Parameters<typeof describe>[0];
  },
  approvals: readonly ConfirmedApproval[],
  signer: Publication['signer'],
): Promise<Publication> {
  const { destination, verdict, descriptors } = route;
  const { source, tag } = await promotions.route(key);
  const at = (repository: string) => `${installation.registryHost}/${repository}${tag === undefined ? '' : `:${tag}`}`;
  return recordOf(
    createPromotionStatement({
      digest: key.digest,
      from: at(source),
      to: at(destination),
      fromEnvironment: findEnvironment(policy, key.environment)?.after[0],
      toEnvironment: key.environment,
      at: now().toISOString(),
      promoter: `${installation.uri}@${installation.version}`,
      approvals: approvals.map(({ approval: { principal, at: time, decisionDigest }, proof }) => ({
        ...{ principal, at: time, decisionDigest },
        ...(proof === undefined ? {} : { proof: { kind: proof.kind, digest: proof.digest, by: proof.by } }),
      })),
      verdict,
      copied: [...descriptors.keys()],
    }),
    describe(descriptors, key.digest),
    signer,
  );
}
