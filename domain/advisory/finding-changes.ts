/** What is different between two looks at one component version: what people are told, and gates look at again. */
import type { Finding, Undecided } from './finding.ts';

export interface FindingChange {
  /** Empty where what could not be decided rests on no single advisory. */
  readonly advisory: string;
  readonly change: 'appeared' | 'changed' | 'gone';
  /** `undecided` where nobody can tell whether it is affected. */
  readonly severity: Finding['severity'] | 'undecided';
  readonly fixedIn: string | undefined;
}

export interface Matched {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

type Known = Omit<FindingChange, 'change'>;

function byAdvisory({ findings, undecided }: Matched): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { advisory = '' } of undecided)
    known.set(advisory, { advisory, severity: 'undecided', fixedIn: undefined });
  for (const { advisory, severity, fixedIn } of findings) known.set(advisory, { advisory, severity, fixedIn });
  return known;
}

/** Words alone (a summary, an alias) are no change. In the order of advisories. */
export function findingChanges(before: Matched, after: Matched): FindingChange[] {
  const [old, now] = [byAdvisory(before), byAdvisory(after)];
  const changes: FindingChange[] = [];
  for (const [advisory, known] of now) {
    const was = old.get(advisory);
    if (was === undefined) changes.push({ ...known, change: 'appeared' });
    else if (was.severity !== known.severity || was.fixedIn !== known.fixedIn)
      changes.push({ ...known, change: 'changed' });
  }
  for (const [advisory, known] of old) if (!now.has(advisory)) changes.push({ ...known, change: 'gone' });
  return changes.sort((a, b) => (a.advisory < b.advisory ? -1 : 1));
}
