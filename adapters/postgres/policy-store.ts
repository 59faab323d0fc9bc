/** The policy in force: one row a version, the highest counts. */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { reach } from '../../domain/fault/fault-point.ts';
import { parsePolicy } from '../../domain/policy/parse-policy.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { sha256Digest } from './blob-store.ts';
import { type Database, type Executor, transact } from './database.ts';
import { advanceTrustEpoch } from './epoch.ts';

export type PolicyActivation =
  | { readonly outcome: 'activated'; readonly version: number; readonly digest: string }
  | { readonly outcome: 'unchanged'; readonly version: number; readonly digest: string }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface PolicyStore {
  /** The policy in force; throws where none was ever activated. Parsed once per version. */
  current(): Promise<Policy>;
  /** Throws a PolicyError for a file that is wrong; refuses a version that is not higher than the one in force. */
  activate(text: string, fileName: string, actor: string): Promise<PolicyActivation>;
}

/** base64(sha256(SPKI DER)) of a PEM public key. */
function keyIdOfPem(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, ''), 'base64');
  return createHash('sha256').update(der).digest('base64');
}

function readPolicy(text: string, fileName: string): Policy {
  return parsePolicy(text, fileName, { sha256: sha256Digest, keyIdOf: keyIdOfPem });
}

async function newest(executor: Executor) {
  return executor
    .selectFrom('policy')
    .select(['version', 'digest', 'body', 'file_name'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export function createPolicyStore(db: Database): PolicyStore {
  let parsed: Policy | undefined;
  return {
    async current() {
      const version = await db
        .selectFrom('policy')
        .select(['version', 'digest'])
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (version === undefined)
        throw new Error('no policy is in force: activate one with "pratique policy apply FILE"');
      if (parsed?.digest === version.digest && parsed.document.version === version.version) return parsed;
      const row = await newest(db);
      if (row === undefined) throw new Error('no policy is in force: activate one with "pratique policy apply FILE"');
      parsed = readPolicy(row.body, row.file_name);
      return parsed;
    },
    async activate(text, fileName, actor) {
      const policy = readPolicy(text, fileName);
      return transact(db, async (trx) => {
        await sql`lock table policy in share row exclusive mode`.execute(trx);
        const before = await newest(trx);
        const { version } = policy.document;
        if (before?.digest === policy.digest)
          return { outcome: 'unchanged', version: before.version, digest: before.digest };
        if (before !== undefined && version <= before.version)
          return {
            outcome: 'refused',
            reason: `version ${version} is not higher than ${before.version}, which is in force: raise "version" in ${fileName}`,
          };
        await trx
          .insertInto('policy')
          .values({
            version,
            digest: policy.digest,
            body: text,
            file_name: fileName,
            activated_by: actor,
            // When it came into force: not when its transaction began to wait for the others.
            activated_at: sql<Date>`clock_timestamp()`,
          })
          .execute();
        await reach('policy.inserted', String(version));
        await trx.deleteFrom('base_layer').execute();
        const bases = policy.document.baseLayers;
        if (bases.length > 0)
          await trx
            .insertInto('base_layer')
            .values(bases.map((diff_id) => ({ diff_id })))
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        await advanceTrustEpoch(trx);
        return { outcome: 'activated', version, digest: policy.digest };
      });
    },
  };
}
