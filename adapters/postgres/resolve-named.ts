/** Selectors with names of the policy, for signers too that are patterns: those who were met are in the database. */
import { sql } from 'kysely';
import { namesPattern, resolveSelector, type Selector } from '../../domain/incident/selector.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { SignerIdentity } from '../../domain/trust/evidence.ts';
import type { Executor } from './database.ts';

/** As `resolveSelector`; throws what it throws. */
export async function resolveNamed(executor: Executor, policy: Policy, selector: Selector): Promise<Selector> {
  return resolveSelector(policy, selector, namesPattern(policy, selector) ? await identitiesMet(executor) : []);
}

/**
 * Who signed what verified, certificates alone. A fact has the name of an identity; the record beside it, where it still verifies,
 * has all of it: also under which signers of the policy.
 */
async function identitiesMet(executor: Executor): Promise<SignerIdentity[]> {
  const { rows: facts } = await sql<{ value: string }>`
    select distinct value from artifact_fact where kind = 'signer' and value ~ '^(cert|x509):'`.execute(executor);
  const { rows: records } = await sql<{ identity: SignerIdentity }>`
    select distinct record #> '{verification,identity}' as identity from evidence
    where outcome = 'verified' and origin = 'foreign' and identity ~ '^x509:'`.execute(executor);
  return [...facts.flatMap(({ value }) => parseName(value)), ...records.map(({ identity }) => identity)];
}

/** An `identityName` of a certificate. */
function parseName(name: string): SignerIdentity[] {
  const [, kind, first = '', subject = ''] = /^(cert|x509):([^|]*)\|(.*)$/s.exec(name) ?? [];
  if (kind === undefined) return [];
  return [
    kind === 'cert'
      ? { kind: 'certificate', issuer: first, subject }
      : { kind: 'x509', root: first, subject, keyId: '' },
  ];
}
