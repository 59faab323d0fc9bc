/** Who approves, as the trust worker has it from its own configuration: it believes no table about whose a key is. */
import type { AliasKind } from './principal.ts';

export interface ListedApprover {
  readonly groups: readonly string[];
  /** Of other tokens of theirs. */
  readonly subjects: readonly string[];
  /** What they prove with, as aliases of principals are written. */
  readonly proofs: readonly { readonly kind: AliasKind; readonly value: string }[];
}

export interface ApproverList {
  /** By principal. */
  readonly approvers: Readonly<Record<string, ListedApprover>>;
  /** By environment: how many of them approve at least, whatever the policy in the database says. */
  readonly required: Readonly<Record<string, number>>;
  /** Of the file, for people who compare. */
  readonly digest: string;
}

/** Two principals with the same key, identity or subject, in words; undefined where each is one person's. */
export function findSharedProof(approvers: ApproverList['approvers']): string | undefined {
  const owners = new Map<string, string>();
  for (const [principal, { subjects, proofs }] of Object.entries(approvers)) {
    const names = [principal, ...subjects].map((subject) => `subject ${subject}`);
    for (const what of [...names, ...proofs.map(({ kind, value }) => `${kind} ${value}`)]) {
      const other = owners.get(what);
      if (other !== undefined)
        return `${what} is ${other === principal ? 'twice' : `${other}'s as well as`} ${principal}'s`;
      owners.set(what, principal);
    }
  }
  return undefined;
}

/** The principal of the list whose it is. */
export function listedHolder({ approvers }: ApproverList, kind: AliasKind, value: string): string | undefined {
  const isTheirs = ([, { proofs }]: [string, ListedApprover]) =>
    proofs.some((proof) => proof.kind === kind && proof.value === value);
  return Object.entries(approvers).find(isTheirs)?.[0];
}

/** The principal that a subject stands for, by the list alone: itself, unless it is somebody's other one. */
export function listedPrincipal({ approvers }: ApproverList, subject: string): string {
  return Object.entries(approvers).find(([, { subjects }]) => subjects.includes(subject))?.[0] ?? subject;
}
