/** The policy in force: one row a version, the highest counts. */
import { sql } from 'kysely';
import { changeRuleOf } from '../../domain/policy/approval-rule.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { PolicySigner } from '../../domain/policy/policy-signer.ts';
import { findPolicySigner } from '../proof/find-policy-signer.ts';
import { type Database, type Executor, transact } from './database.ts';
import { gatherCalls } from './gather-calls.ts';
import { readPolicy } from './parse-stored-policy.ts';
import { lockPolicies, newestPolicy, putInForce } from './policy-in-force.ts';
import { propose } from './policy-proposals.ts';
import { holderOf } from './principals.ts';

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
  /** The policy in force names who signs the next one, and none of them signed this. */
  | { readonly outcome: 'unsigned'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface PolicyStore {
  /** The policy in force; throws where none was ever activated. Parsed once per version. */
  current(): Promise<Policy>;
  /**
   * Throws a PolicyError for a file that is wrong; refuses a version that is not higher than the one in force. Where the one in
   * force says who must agree to changes, this proposes it to them; else, where it enforces and names who signs the next one,
   * `signature` must be one of theirs.
   */
  activate(text: string, fileName: string, actor: string, signature?: string): Promise<PolicyActivation>;
  /** A file that nobody brought: the first policy, or the next while none enforces; with a `signature` that counts, as if its signer had brought it. */
  activateFile(text: string, fileName: string, actor: string, signature?: string): Promise<PolicyActivation>;
}

/** Who brings a file that lies there when the stack starts. */
export const START_UP = 'up';

export function createPolicyStore(db: Database): PolicyStore {
  let parsed: Policy | undefined;
  /** Every step asks; those that ask at once are answered by one look that began after all of them had. */
  const newest = gatherCalls(async (asked: readonly undefined[]) => {
    const version = await db
      .selectFrom('policy')
      .select(['version', 'digest'])
      .orderBy('version', 'desc')
      // As a parameter it would be planned anew each time: the server could not know that it is few.
      .limit(sql.lit(1))
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
    activate: (text, fileName, actor, signature) =>
      activate(db, { text, fileName, actor, signature }, (inForce, signer) => {
        const { changes, policySigners } = inForce.document;
        const mustBeSigned = changes === undefined && policySigners.length > 0 && enforcing(inForce) !== undefined;
        return mustBeSigned && signer === undefined ? unsigned(inForce, fileName) : undefined;
      }),
    activateFile: (text, fileName, actor, signature) =>
      activate(db, { text, fileName, actor, signature }, (inForce, signer) => {
        const enforced = enforcing(inForce);
        if (signer !== undefined || (inForce.document.changes === undefined && enforced === undefined))
          return undefined;
        if (inForce.document.policySigners.length > 0) return unsigned(inForce, fileName);
        const why = enforced === undefined ? 'asks others about changes' : `enforces (${enforced})`;
        return {
          outcome: 'refused',
          reason: `the policy in force ${why}, and a file that nobody brought changes nothing: "pratique policy apply ${fileName}"`,
        };
      }),
  };
}

/** The name of an environment that is enforced. */
function enforcing({ document }: Policy): string | undefined {
  return document.environments.find(({ mode }) => mode === 'enforce')?.name;
}

function unsigned({ document: { policySigners } }: Policy, fileName: string): PolicyActivation {
  return {
    outcome: 'unsigned',
    reason: `the next policy comes with a signature of ${policySigners.map(({ name }) => name).join(' or ')}, and ${fileName} has none that verifies: "pratique policy sign ${fileName}" makes it`,
  };
}

interface BroughtPolicy {
  readonly text: string;
  readonly fileName: string;
  readonly actor: string;
  readonly signature: string | undefined;
}

/** `refuse` says why the policy in force is not replaced in this way, whatever the new one is. */
async function activate(
  db: Database,
  { text, fileName, actor, signature }: BroughtPolicy,
  refuse: (inForce: Policy, signer: PolicySigner | undefined) => PolicyActivation | undefined,
): Promise<PolicyActivation> {
  const policy = readPolicy(text, fileName);
  return transact(db, async (trx) => {
    await lockPolicies(trx);
    const before = await newestPolicy(trx);
    const { version } = policy.document;
    if (before?.digest === policy.digest)
      return { outcome: 'unchanged', version: before.version, digest: before.digest };
    let signed: { by: string; signature: string } | undefined;
    if (before !== undefined) {
      if (version <= before.version)
        return {
          outcome: 'refused',
          reason: `version ${version} is not higher than ${before.version}, which is in force: raise "version" in ${fileName}`,
        };
      const inForce = readPolicy(before.body, before.file_name);
      const { policySigners } = inForce.document;
      const changes = changeRuleOf(inForce.document);
      const signer = signature === undefined ? undefined : findPolicySigner(text, signature, policySigners);
      const refusal = refuse(inForce, signer);
      if (refusal !== undefined) return refusal;
      if (changes !== undefined) {
        const author = await authorOf(trx, actor, signer);
        const { proposal, reason } = await propose(trx, { inForce, changes }, policy, text, author);
        return { outcome: 'proposed', proposal, version, digest: policy.digest, reason };
      }
      if (signer !== undefined && signature !== undefined) signed = { by: signer.name, signature };
    }
    await putInForce(trx, { policy, text, activatedBy: actor, actor, signed });
    return { outcome: 'activated', version, digest: policy.digest };
  });
}

/** Of a file that start-up found, whoever signed it: they do not count among those who agree. */
async function authorOf(trx: Executor, actor: string, signer: PolicySigner | undefined): Promise<string> {
  if (actor !== START_UP || signer === undefined) return actor;
  return (signer.sshKey === undefined ? undefined : await holderOf(trx, 'ssh-key', signer.sshKey)) ?? signer.name;
}
