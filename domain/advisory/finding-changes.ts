/** What is different between two looks at one component version: what people are told, and gates look at again. */
import { type Finding, isMalicious, severityRank, type Undecided } from './finding.ts';
import { pairFindings } from './pair-findings.ts';

export interface FindingChange {
  /** Empty where what could not be decided rests on no single advisory. */
  readonly advisory: string;
  /** `worsened`: it was there, and is malicious now, or graver than before: for gates and incidents that is as new. */
  readonly change: 'appeared' | 'worsened' | 'changed' | 'gone';
  /** `undecided` where nobody can tell whether it is affected. */
  readonly severity: Finding['severity'] | 'undecided';
  readonly fixedIn: string | undefined;
}

export interface Matched {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

interface Known extends Omit<FindingChange, 'change'> {
  readonly malicious: boolean;
}

function byAdvisory({ findings, undecided }: Matched): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { advisory = '' } of undecided)
    known.set(advisory, { advisory, severity: 'undecided', fixedIn: undefined, malicious: false });
  for (const finding of findings) {
    const { advisory, severity, fixedIn } = finding;
    known.set(advisory, { advisory, severity, fixedIn, malicious: isMalicious(finding) });
  }
  return known;
}

/** Nobody could tell, then nobody said how grave, then the severities. */
const rankOf = ({ severity }: Known): number => (severity === 'undecided' ? -2 : severityRank(severity));

function changeBetween(was: Known, is: Known): 'worsened' | 'changed' | undefined {
  if ((is.malicious && !was.malicious) || rankOf(is) > rankOf(was)) return 'worsened';
  const isSame = was.severity === is.severity && was.fixedIn === is.fixedIn && was.malicious === is.malicious;
  return isSame ? undefined : 'changed';
}

/** Several findings that are one now have become worse where it is graver than all of them. */
const gravestFirst = (a: Known, b: Known): number => Number(b.malicious) - Number(a.malicious) || rankOf(b) - rankOf(a);

/**
 * Words alone (a summary, an alias that says nothing new, another record of the same vulnerability) are no change. In the order
 * of advisories.
 */
export function findingChanges(before: Matched, after: Matched): FindingChange[] {
  const [old, now] = [byAdvisory(before), byAdvisory(after)];
  const pairs = pairFindings(before.findings, after.findings);
  const former = new Map(after.findings.map((one) => [one.advisory, pairs.was(one).map(({ advisory }) => advisory)]));
  const renamed = new Set(before.findings.filter((one) => !pairs.isGone(one)).map(({ advisory }) => advisory));
  const changes: FindingChange[] = [];
  const tell = ({ malicious: _, ...known }: Known, change: FindingChange['change']) =>
    changes.push({ ...known, change });
  for (const [advisory, known] of now) {
    const names = new Set([advisory, ...(former.get(advisory) ?? [])]);
    const [was] = [...names].flatMap((name) => old.get(name) ?? []).sort(gravestFirst);
    const change = was === undefined ? 'appeared' : changeBetween(was, known);
    if (change !== undefined) tell(known, change);
  }
  for (const [advisory, known] of old) if (!now.has(advisory) && !renamed.has(advisory)) tell(known, 'gone');
  return changes.sort((a, b) => (a.advisory < b.advisory ? -1 : 1));
}
