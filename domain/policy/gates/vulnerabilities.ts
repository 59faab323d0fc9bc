import type { Finding, Undecided } from '../../advisory/finding.ts';
import { cautiousRank, isSuppressed } from '../../advisory/finding.ts';
import { shortDigest } from '../../artifact/digest.ts';
import { plural } from '../../plural.ts';
import type { JudgedArtifact, JudgedPlatform } from '../gate.ts';
import { findException, UNDECIDED } from './finding-exceptions.ts';
import { type Gate, gateOutcome, type RuleOf } from './gate-context.ts';
import { type ReportedElsewhere, reportedElsewhere } from './reported-elsewhere.ts';
import { scanEvidence } from './scan-evidence.ts';
import { stockDoubt } from './stock-doubt.ts';

function whereFound({ locations }: Finding): string {
  const [first] = locations;
  if (first === undefined) return '';
  const layer = first.layer === undefined ? '' : `layer ${shortDigest(first.layer)} `;
  const more = locations.length > 1 ? ` and ${plural(locations.length - 1, 'more place')}` : '';
  return `, in ${layer}${first.path}${more}`;
}

/** The dependency of one's own to look at. */
function wayTo({ path: [first] = [] }: Finding): string {
  return first === undefined ? '' : `, by way of ${first}`;
}

/** What somebody decided about it, and until when that holds. */
function decidedLine({ vex, ignored, decision }: Finding): string {
  const state = ignored === undefined ? (vex?.status ?? '').replaceAll('_', ' ') : 'accepted risk';
  const why = [vex?.justification, ignored?.reason ?? vex?.statement].filter((word) => word !== undefined).join(': ');
  const until = decision?.until === undefined ? '' : ` until ${decision.until}`;
  return `${state}${until} by ${decision?.by ?? vex?.author ?? 'nobody named'}, owner ${decision?.owner ?? 'nobody named'}: ${why} [decision ${decision?.id ?? vex?.source ?? 'unknown'}]`;
}

/** What is known of attacks on it. */
function threatWords({ kev, epss }: Finding): string {
  const exploited = kev === undefined ? '' : `, known exploited since ${kev.added}`;
  return epss === undefined ? exploited : `${exploited}, EPSS ${epss.score.toFixed(2)}`;
}

function findingLine(finding: Finding, platform: JudgedPlatform): string {
  const aliases = finding.aliases.length === 0 ? '' : ` (${finding.aliases.slice(0, 3).join(', ')})`;
  const fixed = finding.fixedIn === undefined ? 'no fix known' : `fixed in ${finding.fixedIn}`;
  return `${finding.severity} ${finding.advisory}${aliases}: ${finding.name} ${finding.version}${whereFound(finding)}${wayTo(finding)}, ${fixed}${threatWords(finding)} [${platform.platform}]`;
}

function undecidedLine({ purl, advisory, reason }: Undecided, platform: JudgedPlatform): string {
  return `undecided: ${purl}${advisory === undefined ? '' : `, ${advisory}`}: ${reason} [${platform.platform}]`;
}

function reportedLine({ finding, scanner }: ReportedElsewhere): string {
  const { severity, advisory, name, version } = finding;
  const where = name === '' ? 'a package it does not name' : `${name} ${version}`;
  return `${scanner} reports what was not found here: ${severity} ${advisory} in ${where}`;
}

interface Sorted {
  readonly bad: { readonly finding: Finding; readonly line: string }[];
  readonly unclear: string[];
  readonly excepted: string[];
  /** Taken out of the count by a decision. */
  readonly decided: string[];
  /** What another scanner has, and we have not. */
  readonly reported: string[];
  below: number;
}

/** What only other scanners have, as the rule asks for it: exceptions and decisions hold for it as for our own. */
function sortReported(rule: RuleOf<'vulnerabilities'>, judged: JudgedArtifact, now: string, sorted: Sorted): void {
  if (rule.reports === undefined) return;
  const { counted, decided } = reportedElsewhere(judged, rule.reports);
  for (const one of counted) {
    const { advisory, aliases, purl } = one.finding;
    const found = findException(rule.exceptions, [advisory, ...aliases], purl, now);
    if (found?.state === 'open')
      sorted.excepted.push(
        `${reportedLine(one)}; let through until ${found.exception.expires}: ${found.exception.reason}`,
      );
    else sorted.reported.push(reportedLine(one));
  }
  sorted.decided.push(...decided.map((one) => `${reportedLine(one)}; ${decidedLine(one.finding)}`));
}

function sortFindings(rule: RuleOf<'vulnerabilities'>, judged: JudgedArtifact, now: string): Sorted {
  const sorted: Sorted = { bad: [], unclear: [], excepted: [], decided: [], reported: [], below: 0 };
  for (const platform of judged.platforms) {
    for (const finding of platform.findings) {
      const isExploited = rule.knownExploited === true && finding.kev !== undefined;
      const known = finding.severity !== 'unknown' || isExploited;
      if (known && !isExploited && cautiousRank(finding.severity) < cautiousRank(rule.severity)) {
        sorted.below += 1;
        continue;
      }
      const found = findException(rule.exceptions, [finding.advisory, ...finding.aliases], finding.purl, now);
      const line = findingLine(finding, platform);
      if (isSuppressed(finding)) {
        sorted.decided.push(`${line}; ${decidedLine(finding)}`);
        continue;
      }
      if (found?.state === 'open')
        sorted.excepted.push(`${line}; let through until ${found.exception.expires}: ${found.exception.reason}`);
      else {
        const ended = found === undefined ? '' : `; its exception ended ${found.exception.expires}`;
        const note = finding.decision === undefined ? ended : `${ended}; ${decidedLine(finding)}`;
        if (known) sorted.bad.push({ finding, line: `${line}${note}` });
        else sorted.unclear.push(`${line}${note}`);
      }
    }
    for (const undecided of platform.undecided) {
      const names = undecided.advisory === undefined ? [UNDECIDED] : [UNDECIDED, undecided.advisory];
      const found = findException(rule.exceptions, names, undecided.purl, now);
      const line = undecidedLine(undecided, platform);
      if (found?.state === 'open') sorted.excepted.push(`${line}; let through until ${found.exception.expires}`);
      else sorted.unclear.push(line);
    }
  }
  sortReported(rule, judged, now, sorted);
  sorted.bad.sort(
    (a, b) => cautiousRank(b.finding.severity) - cautiousRank(a.finding.severity) || (a.line < b.line ? -1 : 1),
  );
  return sorted;
}

/**
 * No finding at or above `severity`, or known to be exploited, but those an exception or a decision lets through. What is bad fails
 * even where more could not be read; otherwise a missing scan, an incomplete stock, an unknown severity and an undecided match
 * are `unknown`, and with `reports` what another scanner has and we have not.
 */
export const vulnerabilitiesGate: Gate<'vulnerabilities'> = (rule, judged, { now }) => {
  const { bad, unclear, excepted, decided, reported, below } = sortFindings(rule, judged, now);
  const evidence = scanEvidence(judged);
  const say = (verdict: 'pass' | 'fail' | 'unknown', reason: string, details: readonly string[]) =>
    gateOutcome('vulnerabilities', verdict, reason, { evidence, details });
  const worst = bad[0]?.finding;
  if (worst !== undefined) {
    const advisories = new Set(bad.map(({ finding }) => `${finding.advisory} ${finding.purl}`)).size;
    const fixed = worst.fixedIn === undefined ? 'no fix known' : `fixed in ${worst.fixedIn}`;
    const kinds = rule.knownExploited === true ? ' or known exploited' : '';
    return say(
      'fail',
      `${plural(advisories, 'vulnerability', 'vulnerabilities')} at or above ${rule.severity}${kinds}: ${worst.severity} ${worst.advisory} in ${worst.name} ${worst.version} (${fixed})${advisories === 1 ? '' : ' and others'}`,
      [...bad.map(({ line }) => line), ...unclear, ...reported, ...excepted, ...decided],
    );
  }
  const reading = judged.readings?.vulnerabilities;
  const difference = reading?.difference;
  if (difference?.verdict === 'fail') return say('fail', difference.reason, difference.details);
  const doubt = stockDoubt(judged) ?? reading?.doubt;
  if (doubt !== undefined) return say('unknown', doubt.reason, [...unclear, ...doubt.details]);
  if (judged.scan === undefined) return say('unknown', 'this artifact was never scanned', unclear);
  if (unclear.length > 0)
    return say('unknown', `${plural(unclear.length, 'match', 'matches')} could not be decided: ${unclear[0]}`, [
      ...[...unclear, ...reported],
      ...[...excepted, ...decided],
    ]);
  if (reported.length > 0)
    return say(
      'unknown',
      `${plural(reported.length, 'finding of another scanner was', 'findings of other scanners were')} not found here: ${reported[0]}`,
      [...reported, ...excepted, ...decided],
    );
  if (difference?.verdict === 'unknown') return say('unknown', difference.reason, difference.details);
  const left = judged.platforms.reduce((sum, platform) => sum + (platform.left?.length ?? 0), 0);
  const notes = [
    below === 0 ? '' : `${below} below`,
    excepted.length === 0 ? '' : `${excepted.length} let through by exception`,
    decided.length === 0 ? '' : `${decided.length} by decision`,
    left === 0 ? '' : `${plural(left, 'component')} left to the advisories of the distribution`,
  ];
  const noted = notes.filter((note) => note !== '').join(', ');
  const whose = reading?.prefer === 'attested' ? `, as ${reading.signers.join(', ')} reports` : '';
  const told = difference === undefined ? '' : `; ${difference.reason}`;
  return say(
    'pass',
    `no vulnerability at or above ${rule.severity}${noted === '' ? '' : ` (${noted})`}${whose}${told}`,
    [...excepted, ...decided, ...(difference?.details ?? [])],
  );
};
