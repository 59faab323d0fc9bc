/** API tokens: `prq_<id>_<secret>`, of which only the hash of the secret is kept. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { reach } from '../../domain/fault/fault-point.ts';
import { type Role, roleSchema } from '../../domain/identity/role.ts';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';
import { principalOf } from './principals.ts';

/** What a token's events may speak for: patterns of `matchesPattern`. */
interface SpeaksFor {
  readonly repositories: string[];
  readonly builders: string[];
}

/** Who is calling: what the token says, never what the caller does. */
export interface TokenIdentity {
  readonly tokenId: string;
  /** The principal: one person or machine, however many tokens. */
  readonly subject: string;
  readonly groups: readonly string[];
  readonly role: Role;
  readonly speaksFor: SpeaksFor;
}

interface NewToken {
  readonly subject: string;
  readonly name: string;
  readonly role: Role;
  readonly groups: readonly string[];
  readonly speaksFor: SpeaksFor;
  readonly expiresAt: Date | undefined;
  readonly createdBy: string;
}

/** A token without its secret. Times are RFC 3339. */
interface TokenRecord {
  id: string;
  subject: string;
  name: string;
  role: Role;
  groups: string[];
  speaksFor: { repositories: string[]; builders: string[] };
  createdBy: string;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  revokedBy: string | null;
  lastUsedAt: string | null;
}

export interface TokenStore {
  /** The token's text is returned this once and cannot be had again. */
  create(token: NewToken): Promise<{ id: string; token: string }>;
  /** Undefined for anything but a live token, without saying which. */
  verify(text: string): Promise<TokenIdentity | undefined>;
  /** Newest first, revoked and expired ones too. */
  list(): Promise<TokenRecord[]>;
  /** False where there is no such token or it is revoked already. */
  revoke(id: string, by: string): Promise<boolean>;
}

const TOKEN = /^prq_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const USE_RECORDED_EVERY = sql`interval '1 minute'`;

export function createTokenStore(db: Database): TokenStore {
  return {
    create: (token) => createToken(db, token),
    verify: (text) => verifyToken(db, text),
    list: () => listTokens(db),
    revoke: (id, by) =>
      transact(db, async (trx) => {
        const revoked = await trx
          .updateTable('api_token')
          .set({ revoked_at: sql<Date>`now()`, revoked_by: by })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .returning('subject')
          .executeTakeFirst();
        if (revoked === undefined) return false;
        await appendOutbox(trx, {
          subject: `token/${id}`,
          step: 'revoked',
          type: 'token.revoked',
          actor: by,
          data: { subject: revoked.subject },
        });
        return true;
      }),
  };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

async function createToken(db: Database, token: NewToken): Promise<{ id: string; token: string }> {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  await transact(db, async (trx) => {
    await trx
      .insertInto('principal')
      .values({ subject: token.subject })
      .onConflict((conflict) => conflict.column('subject').doNothing())
      .execute();
    await trx
      .insertInto('api_token')
      .values({
        id,
        subject: token.subject,
        name: token.name,
        hash: hashOf(secret),
        role: token.role,
        groups: JSON.stringify(token.groups),
        speaks_for: JSON.stringify(token.speaksFor),
        created_by: token.createdBy,
        expires_at: token.expiresAt ?? null,
        revoked_by: null,
      })
      .execute();
    await reach('token.stored', token.subject);
    await appendOutbox(trx, {
      subject: `token/${id}`,
      step: 'created',
      type: 'token.created',
      actor: token.createdBy,
      data: { subject: token.subject, name: token.name, role: token.role, groups: token.groups },
    });
  });
  return { id, token: `prq_${id}_${secret}` };
}

async function verifyToken(db: Database, text: string): Promise<TokenIdentity | undefined> {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const row = await db
    .selectFrom('api_token')
    .select(['subject', 'hash', 'role', 'groups', 'speaks_for'])
    .select(sql<boolean>`revoked_at is null and (expires_at is null or expires_at > now())`.as('live'))
    .select(sql<boolean>`last_used_at is null or last_used_at < now() - ${USE_RECORDED_EVERY}`.as('unrecorded'))
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const matches = timingSafeEqual(Buffer.from(row.hash, 'hex'), Buffer.from(hashOf(secret), 'hex'));
  if (!matches || !row.live) return undefined;
  if (row.unrecorded)
    await db.updateTable('api_token').set({ last_used_at: sql<Date>`now()` }).where('id', '=', id).execute();
  return {
    tokenId: id,
    subject: await principalOf(db, row.subject),
    groups: row.groups,
    role: roleSchema.parse(row.role),
    speaksFor: row.speaks_for,
  };
}

async function listTokens(db: Database): Promise<TokenRecord[]> {
  const rows = await db.selectFrom('api_token').selectAll().orderBy('created_at', 'desc').orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    subject: row.subject,
    name: row.name,
    role: row.role,
    groups: row.groups,
    speaksFor: row.speaks_for,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedBy: row.revoked_by,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  }));
}
