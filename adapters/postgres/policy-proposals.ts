/** Policies that wait for people, by the rule of the policy they would replace. */
import { randomUUID } from 'node:crypto';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ApprovalProofs, ProofReference } from '../../domain/identity/approval-proof.ts';
import { isRefusedProof } from '../../domain/identity/proof-error.ts';
import { changeRuleOf, type WeighedChangeRule } from '../../domain/policy/approval-rule.ts';
import { evaluateChange } from '../../domain/policy/evaluate-change.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { ChangeDecision, PolicyProposal, ProposalOutcome } from '../../domain/policy/policy-proposal.ts';
import { type Database, type Executor, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';
import { readPolicy } from './parse-stored-policy.ts';
import { lockPolicies, newestPolicy, putInForce } from './policy-in-force.ts';
import { principalsOf } from './principals.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;
type Row = Selectable<Schema['policy_proposal']>;

/** A policy in force that asks others about changes. */
interface Asking {
  readonly inForce: Policy;
  readonly changes: WeighedChangeRule;
}

/** Under the lock of the policies. The same file proposed again is the same proposal, and stays its first author's. */
export async function propose(
  trx: Trx,
  { inForce, changes }: Asking,
  policy: Policy,
  text: string,
  actor: string,
): Promise<{ proposal: string; reason: string }> {
  const same = await waitingOf(trx, policy.digest);
  if (same?.base_digest === inForce.digest) {
    const { state, reason } = await weigh(trx, changes, same);
    if (state !== 'expired') return { proposal: same.id, reason };
    await end(trx, same, state, reason, actor);
  } else if (same !== undefined) await end(trx, same, 'superseded', 'another policy came into force since', actor);
  const id = randomUUID();
  const row = await trx
    .insertInto('policy_proposal')
    .values({
      id,
      version: policy.document.version,
      digest: policy.digest,
      body: text,
      file_name: policy.fileName,
      base_digest: inForce.digest,
      proposed_by: actor,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await announce(trx, row, 'proposed', actor, {});
  return { proposal: id, reason: (await weigh(trx, changes, row)).reason };
}

/** The digest that is proposed, for whoever proves their word on it; undefined where there is no such proposal. */
export async function proposedDigest(db: Executor, id: string): Promise<Digest | undefined> {
  const row = await db.selectFrom('policy_proposal').select('digest').where('id', '=', id).executeTakeFirst();
  return row?.digest as Digest | undefined;
}

/** One person's word. The author's, and that of who is in none of the groups, is refused; a quorum puts the policy in force at once. */
export async function decideProposal(
  db: Database,
  proofs: Pick<ApprovalProofs, 'confirm'>,
  id: string,
  decision: ChangeDecision,
): Promise<ProposalOutcome> {
  const unconfirmed = await unconfirmedVotes(db, proofs, id);
  return transact(db, async (trx): Promise<ProposalOutcome> => {
    await lockPolicies(trx);
    const row = await trx.selectFrom('policy_proposal').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
    if (row === undefined) return { outcome: 'unknown' };
    if (row.state !== 'waiting') return refused(`the proposal is ${row.state}: there is nothing to decide`);
    const before = await newestPolicy(trx);
    if (before === undefined || before.digest !== row.base_digest || before.version >= row.version) {
      await end(trx, row, 'superseded', 'another policy came into force since', decision.decider.principal);
      return {
        outcome: 'ended',
        state: 'superseded',
        reason: 'another policy came into force since: propose it again',
      };
    }
    const rule = changeRuleOf(readPolicy(before.body, before.file_name).document);
    if (rule === undefined) return refused('the policy in force asks nobody: apply it again');
    const { decider, verb, reason, proof } = decision;
    const standing = await weigh(trx, rule, row);
    if (standing.state === 'expired') return settle(trx, row, standing, decider.principal);
    if (rule.proof === 'required' && verb === 'approve' && proof === undefined)
      return {
        outcome: 'unproven',
        reason:
          'the policy in force takes a word on the next one with a proof of your own: sign it with a key that is registered as yours',
      };
    const now = new Date().toISOString();
    const candidate: Approval = {
      ...decider,
      verb,
      reason,
      decisionDigest: row.digest,
      at: now,
      ...(proof && { proof }),
    };
    const why = (await weigh(trx, { ...rule, required: 1 }, row, [candidate])).refused[0]?.why;
    if (why !== undefined) {
      await announce(trx, row, `refused/${decider.principal}/${now}`, decider.principal, { reason: why });
      return refused(`${decider.principal} ${why}`);
    }
    await record(trx, row.id, candidate);
    await announce(trx, row, `decided/${decider.principal}/${verb}`, decider.principal, {
      ...{ verb, reason },
      ...(proof && { proof }),
    });
    const given = (await decisionsOf(trx, [row.id])).get(row.id) ?? [];
    // What was proven when it came, and is not any more, counts no more.
    const counting = given.map((vote) => (unconfirmed.has(vote.proof?.digest) ? withoutProof(vote) : vote));
    return settle(trx, row, await weigh(trx, rule, row, counting), decider.principal);
  });
}

/** Digests of the proofs of this proposal's votes that do not verify now: a key was taken away, or a row was written by another. */
async function unconfirmedVotes(
  db: Database,
  proofs: Pick<ApprovalProofs, 'confirm'>,
  id: string,
): Promise<ReadonlySet<string | undefined>> {
  const decision = await proposedDigest(db, id);
  const failed = new Set<string | undefined>();
  for (const { principal, verb, reason, proof } of (await decisionsOf(db, [id])).get(id) ?? []) {
    if (proof === undefined || verb === 'reject') continue;
    const claim = { ...{ verb, reason, by: principal }, about: `policy-proposal/${id}`, decision };
    try {
      await proofs.confirm(proof, claim);
    } catch (error) {
      if (!isRefusedProof(error)) throw error;
      failed.add(proof.digest);
    }
  }
  return failed;
}

function withoutProof({ proof: _, ...vote }: Approval): Approval {
  return vote;
}

async function settle(
  trx: Trx,
  row: Row,
  { state, reason, counted }: Awaited<ReturnType<typeof weigh>>,
  actor: string,
): Promise<ProposalOutcome> {
  switch (state) {
    case 'waiting':
      return { outcome: 'counted', reason };
    case 'rejected':
    case 'expired':
      await end(trx, row, state, reason, actor);
      return { outcome: 'ended', state, reason };
    case 'satisfied':
      await putInForce(trx, {
        ...{ policy: readPolicy(row.body, row.file_name), text: row.body, proposal: row.id },
        ...{ activatedBy: [row.proposed_by, ...counted].join(', '), actor },
      });
      await end(trx, row, 'active', reason, actor);
      return { outcome: 'activated', version: row.version, digest: row.digest, reason };
  }
}

export async function listProposals(db: Database): Promise<PolicyProposal[]> {
  const rows = await db.selectFrom('policy_proposal').selectAll().orderBy('proposed_at', 'desc').limit(100).execute();
  const decisions = await decisionsOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    digest: row.digest,
    fileName: row.file_name,
    text: row.body,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    state: row.state,
    reason: row.reason,
    decisions: (decisions.get(row.id) ?? []).map(({ principal, verb, reason, at, proof }) => ({
      ...{ principal, verb, reason, at },
      proof: proof ?? null,
    })),
  }));
}

/** By the rule, over what was decided so far or over one candidate; subjects of one person are one. */
async function weigh(executor: Executor, rule: WeighedChangeRule, row: Row, candidates?: readonly Approval[]) {
  const given = candidates ?? (await decisionsOf(executor, [row.id])).get(row.id) ?? [];
  const people = await principalsOf(executor, [row.proposed_by, ...given.map(({ principal }) => principal)]);
  return evaluateChange(rule, {
    digest: row.digest,
    author: people[0] ?? row.proposed_by,
    approvals: given.map((approval, index) => ({
      ...approval,
      decisionDigest: row.digest,
      principal: people[index + 1] ?? approval.principal,
    })),
    proposedAt: row.proposed_at.toISOString(),
    now: new Date().toISOString(),
  });
}

async function decisionsOf(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, Approval[]>> {
  const found = new Map<string, Approval[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  const rows = await executor
    .selectFrom('policy_decision')
    .selectAll()
    .where('proposal', 'in', [...ids])
    .orderBy('at')
    .orderBy('principal')
    .execute();
  for (const { proposal, principal, groups, verb, reason, at, proof } of rows)
    found.get(proposal)?.push({
      ...{ principal, groups, verb, reason, decisionDigest: '', at: at.toISOString() },
      ...(proof && { proof: proof as ProofReference }),
    });
  return found;
}

async function waitingOf(trx: Trx, digest: string): Promise<Row | undefined> {
  return trx
    .selectFrom('policy_proposal')
    .selectAll()
    .where('digest', '=', digest)
    .where('state', '=', 'waiting')
    .forUpdate()
    .executeTakeFirst();
}

async function record(trx: Trx, proposal: string, vote: Approval): Promise<void> {
  const { principal, groups, verb, reason, at } = vote;
  const proof = vote.proof === undefined ? null : JSON.stringify(vote.proof);
  await trx
    .insertInto('policy_decision')
    .values({ proposal, principal, groups: JSON.stringify(groups), verb, reason, at, proof })
    .onConflict((conflict) =>
      conflict
        .columns(['proposal', 'principal'])
        .doUpdateSet({ verb, reason, at, proof, groups: JSON.stringify(groups) }),
    )
    .execute();
}

async function end(trx: Trx, row: Row, state: Row['state'], reason: string, actor: string): Promise<void> {
  await trx
    .updateTable('policy_proposal')
    .set({ state, reason, ended_at: sql<Date>`now()` })
    .where('id', '=', row.id)
    .execute();
  await announce(trx, row, state, actor, { reason });
}

async function announce(trx: Trx, row: Row, step: string, actor: string, data: object): Promise<void> {
  const { id, version, digest } = row;
  await appendOutbox(trx, {
    subject: `policy-proposal/${id}`,
    step,
    type: `policy.${step.split('/')[0]}`,
    actor,
    data: { version, digest, ...data },
  });
}

const refused = (reason: string): ProposalOutcome => ({ outcome: 'refused', reason });
