/** Decisions about findings: made, revoked, read from VEX documents; each in one transaction with what it makes outdated. */
import { randomUUID } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { checkDecision, checkScope, readEnd } from '../../domain/advisory/decision/check-decision.ts';
import { type DecisionState, type FindingDecision, suppresses } from '../../domain/advisory/decision/decision.ts';
import type {
  Decider,
  DecisionBook,
  DocumentReceipt,
  NewDocument,
} from '../../domain/advisory/decision/decision-book.ts';
import { DecisionError } from '../../domain/advisory/decision/decision-error.ts';
import { joinStatements } from '../../domain/advisory/vex/join-statements.ts';
import { readVexDocument, type VexFormat } from '../../domain/advisory/vex/read-vex.ts';
import type { VexProduct, VexStatement } from '../../domain/advisory/vex/statement.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { type Database, type Executor, transact } from './database.ts';
import { firstOnes, outdateVerdicts, reachOf } from './decision-reach.ts';
import { decisionsById } from './decision-rows.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';
import { isStorable } from './storable-json.ts';
import { requestRescan } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** Different statements of one document. */
const MOST_DECISIONS = 20_000;
/** Rows in one statement. */
const BATCH = 500;

const VEX_TYPE = 'application/vnd.pratique.vex+json';

/** What is stored of a decision, whoever made it. */
interface Row {
  readonly id: string;
  readonly advisories: readonly string[];
  readonly state: DecisionState;
  readonly justification: string | null;
  readonly reason: string;
  readonly component: string | null;
  readonly products: readonly VexProduct[] | null;
  readonly stated_at: string | null;
}

/** What all decisions of one act have in common. */
interface Act {
  readonly decider: Decider;
  readonly owner: string;
  readonly artifact: string | null;
  readonly environment: string | null;
  readonly expires: string | null;
  readonly document: string | null;
}

export function createDecisionBook(db: Database, policy: () => Promise<Policy>): DecisionBook {
  return {
    async make(asked, decider) {
      const { advisory, expires } = checkDecision(asked, { policy: await policy(), now: new Date() });
      const { state, justification, reason, owner, scope } = asked;
      const row: Row = {
        ...{ id: randomUUID(), advisories: [advisory], state, justification: justification ?? null, reason },
        ...{ component: scope.component ?? null, products: null, stated_at: null },
      };
      const act = { decider, owner: owner ?? decider.subject, ...placeOf(scope, expires), document: null };
      const decision = await transact(db, async (trx) => {
        await insert(trx, [row], act);
        return tellOf(trx, row.id, 'made', decider);
      });
      await reach('decision.made', row.id);
      return decision;
    },
    async submit(document, decider) {
      const now = new Date();
      checkScope(document.scope, await policy());
      const expires = document.expires === undefined ? undefined : readEnd(document.expires, now);
      const { format, statements: read } = readVexDocument(document.text);
      const statements = joinStatements(read).filter(({ ids }) => ids.length > 0);
      if (statements.length === 0)
        throw new DecisionError(
          'DECISION_INVALID',
          'no statement of the document names a product by a package URL or digest',
        );
      if (statements.length > MOST_DECISIONS)
        throw new DecisionError(
          'DECISION_TOO_MANY',
          `more than ${MOST_DECISIONS} different statements: divide the document`,
        );
      if (!isStorable(JSON.stringify(statements)))
        throw new DecisionError('DECISION_INVALID', 'the document contains NUL or half of a surrogate pair');
      return transact(db, (trx) => submit(trx, document, { format, statements, expires }, decider));
    },
    revoke: (id, reason, decider) => transact(db, (trx) => revoke(trx, id, reason, decider)),
  };
}

function placeOf({ artifact, environment }: NewDocument['scope'], expires: string | undefined) {
  return { artifact: artifact ?? null, environment: environment ?? null, expires: expires ?? null };
}

async function insert(trx: Trx, rows: readonly Row[], { decider, ...act }: Act): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH)
    await trx
      .insertInto('finding_decision')
      .values(
        rows.slice(start, start + BATCH).map(({ products, advisories, ...row }) => ({
          ...row,
          advisories: [...advisories],
          products: products === null ? null : JSON.stringify(products),
          owner: act.owner,
          artifact: act.artifact,
          environment: act.environment,
          expires_at: act.expires,
          made_by: decider.subject,
          made_role: decider.role,
          document: act.document,
        })),
      )
      .execute();
}

/**
 * What happened to them is told by a rescan: at once, and by the next one of the schedule where this one is not started. After
 * verdicts are outdated, which may take seconds: from here on all others who ask for a rescan wait for this transaction.
 */
async function news(trx: Trx, ids: readonly string[], what: 'made' | 'revoked'): Promise<void> {
  await sql`
    insert into finding_decision_news (decision, what) select unnest(${[...ids]}::text[]), ${what}
    on conflict do nothing`.execute(trx);
  await requestRescan(trx);
}

/**
 * Verdicts that may be too good now let nothing in from here on, however many. The first decision about a vulnerability that
 * takes it out of the count makes none too good: what it reaches, which may be everything there is, is outdated as it is told,
 * some at a time.
 */
async function outdateTooGood(
  trx: Trx,
  decisions: readonly FindingDecision[],
  what: 'made' | 'revoked',
): Promise<void> {
  const isFirst = what === 'made' ? await firstOnes(trx, decisions) : () => false;
  const counting = decisions.filter((decision) => !suppresses(decision) || !isFirst(decision));
  if (counting.length > 0) await outdateVerdicts(trx, await reachOf(trx, counting));
}

/** Outdates what rests on it, and writes the event. */
async function tellOf(trx: Trx, id: string, what: 'made' | 'revoked', actor: Decider): Promise<FindingDecision> {
  const decision = await one(trx, id);
  await outdateTooGood(trx, [decision], what);
  await news(trx, [id], what);
  const { advisories, state, justification, reason, owner, expires, scope, revoked } = decision;
  await appendOutbox(trx, {
    subject: `decision/${id}`,
    step: what,
    type: `finding-decision.${what}`,
    actor: actor.subject,
    data: {
      ...{ advisories, state, justification, owner, expires, scope, role: actor.role },
      reason: what === 'made' ? reason : revoked?.reason,
    },
  });
  return decision;
}

async function one(db: Executor, id: string): Promise<FindingDecision> {
  const [decision] = await decisionsById(db, [id]);
  if (decision === undefined) throw new DecisionError('DECISION_UNKNOWN', `there is no decision ${id}`);
  return decision;
}

async function revoke(trx: Trx, id: string, reason: string, decider: Decider): Promise<FindingDecision> {
  await one(trx, id);
  const { numInsertedOrUpdatedRows: inserted = 0n } = await trx
    .insertInto('finding_decision_revocation')
    .values({ decision: id, revoked_by: decider.subject, reason })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (inserted === 0n) return one(trx, id);
  return tellOf(trx, id, 'revoked', decider);
}

/** What was read of a document, before anything was written. */
interface ReadDocument {
  readonly format: VexFormat;
  readonly statements: readonly VexStatement[];
  readonly expires: string | undefined;
}

async function submit(
  trx: Trx,
  { text, source, reason, owner, scope }: NewDocument,
  { format, statements, expires }: ReadDocument,
  decider: Decider,
): Promise<DocumentReceipt> {
  const { digest } = await createPostgresBlobStore(trx).put(new TextEncoder().encode(text), VEX_TYPE);
  const author = statements[0]?.author;
  await trx
    .insertInto('vex_document')
    .values({
      digest,
      format,
      source,
      author: author ?? null,
      statements: statements.length,
      submitted_by: decider.subject,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const place = placeOf(scope, expires);
  const { same, others } = await broughtBefore(trx, digest, place);
  const receipt = { digest, format, statements: statements.length, others };
  // Brought again after some of it was revoked: what was revoked stays so.
  if (same.length > 0) return { ...receipt, decisions: same, isNew: false };
  const rows = statements.map((one) => toRow(one, reason));
  const act = { decider, owner: owner ?? decider.subject, ...place, document: digest };
  await insert(trx, rows, act);
  const ids = rows.map(({ id }) => id);
  await outdateTooGood(trx, await decisionsById(trx, ids), 'made');
  await news(trx, ids, 'made');
  await appendOutbox(trx, {
    subject: `vex/${digest}`,
    step: `submitted/${ids[0]}`,
    type: 'vex-document.submitted',
    actor: decider.subject,
    data: {
      digest,
      format,
      source,
      author,
      statements: statements.length,
      owner: act.owner,
      scope,
      ...(expires === undefined ? {} : { expires }),
      role: decider.role,
    },
  });
  return { ...receipt, decisions: ids, isNew: true };
}

/** By what the document decides already: for the same place until the same end, or, of others, what holds. One brings it at a time. */
async function broughtBefore(
  trx: Trx,
  digest: string,
  { artifact, environment, expires }: ReturnType<typeof placeOf>,
): Promise<{ readonly same: string[]; readonly others: string[] }> {
  await sql`select 1 from vex_document where digest = ${digest} for no key update`.execute(trx);
  const { rows } = await sql<{ id: string; is_same: boolean }>`
    select d.id, is_same from finding_decision d left join finding_decision_revocation r on r.decision = d.id
      cross join lateral (select (d.artifact, d.environment, d.expires_at)
        is not distinct from (${artifact}::text, ${environment}::text, ${expires}::timestamptz) as is_same) place
    where d.document = ${digest} and (is_same or (r.decision is null and (d.expires_at is null or d.expires_at > now())))
    order by d.id`.execute(trx);
  const [same, others] = [rows.filter(({ is_same }) => is_same), rows.filter(({ is_same }) => !is_same)];
  return { same: same.map(({ id }) => id), others: others.map(({ id }) => id) };
}

/** A time that can not be read is none: the statement is from when it was brought. */
function toRow({ ids, status, justification, statement, products, at }: VexStatement, reason: string | undefined): Row {
  const stated = at === undefined ? Number.NaN : Date.parse(at);
  return {
    id: randomUUID(),
    advisories: [...new Set(ids)],
    state: status,
    justification: justification ?? null,
    reason: statement?.trim() || reason || `the document says "${status.replaceAll('_', ' ')}"`,
    component: null,
    products,
    stated_at: Number.isNaN(stated) ? null : new Date(stated).toISOString(),
  };
}
