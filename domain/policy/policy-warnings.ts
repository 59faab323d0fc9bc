import { hasEnded } from './instant.ts';
import type { Policy } from './policy.ts';
import type { PolicyProblem } from './policy-error.ts';
import { type PolicyPath, readPolicySource } from './policy-source.ts';

/** Keys that end are told of a month before. */
const NOTICE_MS = 30 * 86_400_000;
const later = (now: string) => new Date(Date.parse(now) + NOTICE_MS).toISOString();

/**
 * What in a valid policy no longer does anything, or lets nothing through, at the instant `now` (RFC 3339). `text` is the
 * text `policy` was parsed from: the places are found in it.
 */
export function policyWarnings(policy: Policy, text: string, now: string): PolicyProblem[] {
  const source = readPolicySource(text, policy.fileName);
  const { environments, builders, sources } = policy.document;
  const warnings: PolicyProblem[] = [];
  const warn = (path: PolicyPath, message: string) => void warnings.push(source.problem(path, message));
  const stateOf = (name: string) => builders.find((builder) => builder.name === name)?.state;
  for (const [index, { gates, freeze }] of environments.entries()) {
    for (const [position, rule] of gates.entries()) {
      const path = ['environments', index, 'gates', position];
      if (rule.gate === 'vulnerabilities')
        for (const [i, { advisory, expires }] of rule.exceptions.entries())
          if (hasEnded(expires, now))
            warn(
              [...path, 'exceptions', i, 'expires'],
              `the exception for ${advisory} has expired and lets nothing through`,
            );
      const wanted = rule.gate === 'provenance' ? (rule.builders ?? builders.map(({ name }) => name)) : undefined;
      if (wanted?.every((name) => stateOf(name) === 'revoked'))
        warn([...path, 'gate'], 'no builder that this gate accepts is trusted: nothing can pass it');
      if (
        (rule.gate === 'signature' || rule.gate === 'tests') &&
        rule.signers === undefined &&
        policy.document.signers.length === 0
      )
        warn([...path, 'gate'], 'this policy lists no signers: nothing can pass this gate');
    }
    const reports = policy.document.documents?.vulnerabilities;
    const wanted = gates.findIndex(({ gate }) => gate === 'vulnerabilities');
    if (reports?.prefer === 'attested' && wanted >= 0 && !gates.some(({ gate }) => gate === 'scan-fresh'))
      warn(
        ['environments', index, 'gates', wanted, 'gate'],
        'it reads reports that others attest, and no gate scan-fresh says how old they may be: any age counts',
      );
    for (const [position, { to }] of freeze.entries())
      if (hasEnded(to, now)) warn(['environments', index, 'freeze', position], 'this freeze is over');
  }
  for (const [index, { name, until, state }] of policy.document.signers.entries()) {
    const path = ['signers', index, until === undefined ? 'name' : 'until'];
    if (until !== undefined && hasEnded(until, now))
      warn(path, `the trust in "${name}" has ended: only what proves that it was signed before counts`);
    else if (until !== undefined && hasEnded(until, later(now)))
      warn(path, `the trust in "${name}" ends at ${until}: renew it, or sign with another key before`);
    if (state === 'retiring') warn(path, `signer "${name}" is retiring: what it signed still counts`);
  }
  for (const [index, { builder }] of sources.entries())
    if (stateOf(builder) === 'revoked')
      warn(['sources', index, 'builder'], `builder "${builder}" is revoked: nothing of this source can be rebuilt`);
  return warnings.sort((a, b) => a.line - b.line || a.column - b.column);
}
