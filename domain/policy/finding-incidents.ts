/** Which new findings open an incident by themselves: the policy says for what, and where. */
import { type Severity, severities } from '../advisory/finding.ts';
import type { Policy } from './policy.ts';

/** A finding that is new, or newly known to be exploited, on a version that runs in these environments. */
export interface RunningFinding {
  readonly purl: string;
  readonly advisory: string;
  readonly severity: Severity | 'undecided';
  readonly environments: readonly string[];
  /** False where it was there before, and only what is known of attacks on it is new. */
  readonly isNew: boolean;
  readonly isExploited: boolean;
  /** Whether the advisory, or one of its aliases, is a report of a malicious package: GitHub's review of it has the first name. */
  readonly isMalicious: boolean;
}

type Rule = Policy['document']['findingIncidents'][number];

function isMeant(rule: Rule, finding: RunningFinding): boolean {
  const { severity, environments, isNew, isExploited, isMalicious } = finding;
  if (environments.length === 0) return false;
  if (rule.environments !== undefined && !rule.environments.some((name) => environments.includes(name))) return false;
  if (rule.on === 'known-exploited') return isExploited;
  if (!isNew) return false;
  switch (rule.on) {
    case 'malicious-package':
      return isMalicious;
    case 'severity':
      return (
        severity !== 'undecided' &&
        severity !== 'unknown' &&
        severities.indexOf(severity) >= severities.indexOf(rule.atLeast)
      );
  }
}

/** In the order they are given; one a version and advisory. What nobody can tell opens nothing. */
export function findingIncidents<T extends RunningFinding>(policy: Policy, findings: readonly T[]): T[] {
  return findings.filter((finding) => policy.document.findingIncidents.some((rule) => isMeant(rule, finding)));
}

/** What is attacked, then what is malicious, then by severity; otherwise in the order they are given. */
export function worstFirst<T extends RunningFinding>(findings: readonly T[]): T[] {
  const weight = ({ severity, isExploited, isMalicious }: T) =>
    (isExploited ? 200 : 0) +
    (isMalicious ? 100 : 0) +
    (severity === 'undecided' || severity === 'unknown' ? -1 : severities.indexOf(severity));
  return findings.toSorted((a, b) => weight(b) - weight(a));
}
