/** The policy in force: one row a version, the highest counts. */
import type { Policy } from '../../domain/policy/policy.ts';
import { type Database, transact } from './database.ts';
import { gatherCalls } from './gather-calls.ts';
import { readPolicy } from './parse-stored-policy.ts';
import { lockPolicies, newestPolicy, putInForce } from './policy-in-force.ts';
import { propose } from './policy-proposals.ts';

export type PolicyActivation =
  | { readonly outcome: 'activated' | 'unchanged'; readonly version: number; readonly digest: string }
  /** The policy in force asks others first. */
  | {
      readonly outcome: 'proposed';
      readonly proposal: string;
      readonly version: number;
      readonly digest: string;
      readonly reason: string;
    }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface PolicyStore {
  /** The policy in force; throws where none was ever activated. Parsed once per version. */
  current(): Promise<Policy>;
  /**
   * Throws a PolicyError for a file that is wrong; refuses a version that is not higher than the one in force. Where the one in
   * force says who must agree to changes, this proposes it to them.
   */
  activate(text: string, fileName: string, actor: string): Promise<PolicyActivation>;
  /** A file that nobody brought: the first policy, or the next while none enforces. */
  activateFile(text: string, fileName: string, actor: string): Promise<PolicyActivation>;
}

export function createPolicyStore(db: Database): PolicyStore {
  let parsed: Policy | undefined;
  /** Every step asks; those that ask at once are answered by one look that began after all of them had. */
  const newest = gatherCalls(async (asked: readonly undefined[]) => {
    const version = await db
      .selectFrom('policy')
      .select(['version', 'digest'])
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    return asked.map(() => version);
  }, 1000);
  return {
    async current() {
      const version = await newest(undefined);
      if (version === undefined)
        throw new Error('no policy is in force: activate one with "pratique policy apply FILE"');
      if (parsed?.digest === version.digest && parsed.document.version === version.version) return parsed;
      const row = await newestPolicy(db);
      if (row === undefined) throw new Error('no policy is in force: activate one with "pratique policy apply FILE"');
      parsed = readPolicy(row.body, row.file_name);
      return parsed;
    },
    activate: (text, fileName, actor) => activate(db, text, fileName, actor, () => undefined),
    activateFile: (text, fileName, actor) =>
      activate(db, text, fileName, actor, ({ document }) => {
        const enforced = document.environments.find(({ mode }) => mode === 'enforce');
        if (document.changes === undefined && enforced === undefined) return undefined;
        const why = enforced === undefined ? 'asks others about changes' : `enforces (${enforced.name})`;
        return `the policy in force ${why}, and a file that nobody brought changes nothing: "pratique policy apply ${fileName}"`;
      }),
  };
}

/** `refuse` says why the policy in force is not replaced in this way, whatever the new one is. */
async function activate(
  db: Database,
  text: string,
  fileName: string,
  actor: string,
  refuse: (inForce: Policy) => string | undefined,
): Promise<PolicyActivation> {
  const policy = readPolicy(text, fileName);
  return transact(db, async (trx) => {
    await lockPolicies(trx);
    const before = await newestPolicy(trx);
    const { version } = policy.document;
    if (before?.digest === policy.digest)
      return { outcome: 'unchanged', version: before.version, digest: before.digest };
    if (before !== undefined) {
      if (version <= before.version)
        return {
          outcome: 'refused',
          reason: `version ${version} is not higher than ${before.version}, which is in force: raise "version" in ${fileName}`,
        };
      const inForce = readPolicy(before.body, before.file_name);
      const why = refuse(inForce);
      if (why !== undefined) return { outcome: 'refused', reason: why };
      const { changes } = inForce.document;
      if (changes !== undefined) {
        const { proposal, reason } = await propose(trx, { inForce, changes }, policy, text, actor);
        return { outcome: 'proposed', proposal, version, digest: policy.digest, reason };
      }
    }
    await putInForce(trx, policy, text, actor);
    return { outcome: 'activated', version, digest: policy.digest };
  });
}
