/** The chain of key uses: added to by the trust worker, read by everybody. */
import { sql } from 'kysely';
import {
  checkpointText,
  KeyStopped,
  type KeyUse,
  type KeyUseCheckpoint,
  type KeyUseLog,
  type RecordedKeyUse,
} from '../../domain/trust/key-use.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { type Database, transact } from './database.ts';
import { gatherCalls } from './gather-calls.ts';
import { appendOutbox } from './outbox.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';

/** Uses that are recorded in one transaction. */
const MOST_AT_ONCE = 200;

interface Appended {
  place: number | null;
  at_text: string;
  hash: string;
  stopped: string | null;
}

export interface KeyUseLogOptions {
  /** The process that signs. */
  readonly actor: string;
  /** Signs the head of the chain, and nothing else. */
  readonly checkpoint: Signer;
}

/** What comes at once is one round: one lock on the head, one commit, one checkpoint. */
export function createKeyUseLog(db: Database, { actor, checkpoint }: KeyUseLogOptions): KeyUseLog {
  const append = gatherCalls(async (uses: readonly KeyUse[]) => {
    const rows = await appendUses(db, actor, uses);
    const head = rows.findLast(({ place }) => place !== null);
    if (head !== undefined) await writeCheckpoint(db, checkpoint, head);
    return rows;
  }, MOST_AT_ONCE);
  return {
    async append(use) {
      const { stopped } = await append(use);
      if (stopped !== null)
        throw new KeyStopped(
          `${use.identity.startsWith('key:') ? 'the key' : 'the identity of'} ${use.key} (${use.identity}) is ${stopped} and signs no more: this is tried again with what takes its place (${howToReplace(use)})`,
        );
    },
    async findSignatures(signatures) {
      const rows = await db
        .selectFrom('key_use')
        .select(['signature', exactTime('at').as('at')])
        .where('signature', 'in', signatures.length === 0 ? [''] : signatures)
        .execute();
      return new Map(rows.map((row) => [row.signature, row.at]));
    },
  };
}

/** Second signatures have no rotation (decision 75). */
function howToReplace({ key, identity }: KeyUse): string {
  if (!identity.startsWith('key:')) return `name another one for ${key} in PRATIQUE_SIGNING_IDENTITIES`;
  if (!key.startsWith('pq-')) return `"pratique key rotate ${key}" makes one`;
  return `take ${key}.key and ${key}.pub out of the trust worker's folder of keys and start it again: it makes one`;
}

/** One event for the uses of a key by one run: what was signed, with its place in the chain. */
function appendUses(db: Database, actor: string, uses: readonly KeyUse[]): Promise<Appended[]> {
  return transact(db, async (trx) => {
    const { rows } = await sql<Appended>`
      select place, at_text, hash, stopped from append_key_uses(${actor}, ${JSON.stringify(uses)}::jsonb)`.execute(trx);
    const recorded = uses.flatMap((use, index) => {
      const position = rows[index]?.place ?? null;
      return position === null ? [] : [{ ...use, position }];
    });
    const byRun = [
      ...Map.groupBy(recorded, ({ identity, workflow, run }) => `${identity} ${workflow} ${run}`).values(),
    ];
    for (const [first, ...more] of byRun.toSorted((a, b) => ((a[0]?.identity ?? '') < (b[0]?.identity ?? '') ? -1 : 1)))
      if (first !== undefined)
        await appendOutbox(trx, {
          subject: `key/${first.identity}`.slice(0, 500),
          step: `used/${first.position}`,
          type: 'key.used',
          actor,
          data: {
            key: first.key,
            identity: first.identity,
            workflow: first.workflow,
            run: first.run,
            uses: [first, ...more].map(({ position, statement, subject, signature }) => ({
              ...{ position, statement, subject, signature },
            })),
          },
        });
    return rows;
  });
}

async function writeCheckpoint(db: Database, signer: Signer, { place, at_text: at, hash }: Appended): Promise<void> {
  const position = place ?? 0;
  const signature = await signer.sign(new TextEncoder().encode(checkpointText({ position, hash, at })));
  await db
    .insertInto('key_use_checkpoint')
    .values({ position, hash, at, key_id: signer.keyId, signature: Buffer.from(signature).toString('base64') })
    .execute();
}

export interface KeyUseFilter {
  /** Name or id of a key. */
  readonly key: string | undefined;
  readonly subject: string | undefined;
  readonly statement: string | undefined;
  readonly workflow: string | undefined;
  /** RFC 3339: at or after. */
  readonly since: string | undefined;
}

const useColumns = [
  ...(['position', 'actor', 'key', 'identity', 'statement', 'subject', 'signed', 'signature'] as const),
  ...(['workflow', 'run', 'previous', 'hash'] as const),
];

/** Newest first; positions have no gaps, where nothing is filtered. */
export async function listKeyUses(
  db: Database,
  filter: KeyUseFilter,
  request: PageRequest,
): Promise<Page<RecordedKeyUse>> {
  const { key, subject, statement, workflow, since } = filter;
  let query = db.selectFrom('key_use').select([...useColumns, exactTime('at').as('at')]);
  if (key !== undefined)
    query = query.where((eb) => eb.or([eb('key', '=', key), eb('identity', '=', asIdentity(key))]));
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (statement !== undefined) query = query.where('statement', '=', statement);
  if (workflow !== undefined) query = query.where('workflow', '=', workflow);
  if (since !== undefined) query = query.where('at', '>=', new Date(since));
  const after = request.after?.[0];
  if (after !== undefined) query = query.where('position', '<', Number(after));
  const rows = await query
    .orderBy('position', 'desc')
    .limit(request.limit + 1)
    .execute();
  return pageOf(
    rows,
    request,
    ({ position }) => [String(position)],
    (row) => row,
  );
}

/** Whether there is, or was, a key of ours of that name or id. */
export async function isKeyKnown(db: Database, key: string): Promise<boolean> {
  const identity = asIdentity(key);
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from own_key where name = ${key} or 'key:' || key_id = ${identity})
      or exists (select from key_use where key = ${key} or identity = ${identity}) as known`.execute(db);
  return rows[0]?.known === true;
}

function asIdentity(key: string): string {
  return /^(?:key|cert):/.test(key) ? key : `key:${key}`;
}

/** Of a stretch of the chain, both ends included. */
export async function listCheckpoints(db: Database, from: number, to: number): Promise<KeyUseCheckpoint[]> {
  const rows = await db
    .selectFrom('key_use_checkpoint')
    .select(['position', 'hash', 'key_id', 'signature', exactTime('at').as('at')])
    .where('position', '>=', from)
    .where('position', '<=', to)
    .orderBy('position')
    .execute();
  return rows.map(({ key_id: keyId, ...row }) => ({ ...row, keyId }));
}
