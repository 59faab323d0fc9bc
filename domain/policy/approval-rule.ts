import type { ApprovalRule, ChangeRule, EnvironmentPolicy, PolicyDocument } from './document.ts';

/** Who must approve, with whether each brings a proof of their own: as the policy says, else where production enforces. */
export type WeighedRule = ApprovalRule & { readonly proof: 'required' | 'optional' };

/** Undefined where nobody is asked. */
export function approvalRuleOf({ approvals, production, mode }: EnvironmentPolicy): WeighedRule | undefined {
  if (approvals === undefined) return undefined;
  return { ...approvals, proof: approvals.proof ?? (production && mode === 'enforce' ? 'required' : 'optional') };
}

/** Environments where what people decide carries a proof of their own. */
export function provenEnvironments(environments: readonly EnvironmentPolicy[]): string[] {
  return environments
    .filter(({ production, mode, approvals }) => production && mode === 'enforce' && approvals?.proof !== 'optional')
    .map(({ name }) => name);
}

export type WeighedChangeRule = ChangeRule & { readonly proof: 'required' | 'optional' };

/** Who must agree before another policy takes the place of this one; undefined where nobody is asked. */
export function changeRuleOf({ changes, environments }: PolicyDocument): WeighedChangeRule | undefined {
  if (changes === undefined) return undefined;
  const isWanted = provenEnvironments(environments).length > 0;
  return { ...changes, proof: changes.proof ?? (isWanted ? 'required' : 'optional') };
}
