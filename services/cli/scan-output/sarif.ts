/** SARIF 2.1.0 (OASIS standard): a rule an advisory, a result a component it matches. */
import type { Finding, Severity } from '../../../domain/advisory/finding.ts';
import { formatSarif, sarifUri } from '../sarif-log.ts';
import { describeSuppression } from '../scan-decisions.ts';
import { describeReach, shortName } from './describe-reach.ts';
import { formatLocation, listFindings, type ScanReport, type ScanWriter } from './scan-report.ts';

/** Lines of help of one rule. */
const MOST_HELP = 20;

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  none: 'note',
  unknown: 'warning',
};

/** `security-severity` is what code hosts sort by: the score, or the middle of the word's band. */
const BAND_SCORES: Readonly<Record<Severity, string | undefined>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  none: '0.0',
  unknown: undefined,
};

/** Section 3.49.13: what to do about it, a line a component that has it. */
function helpOf(findings: readonly Finding[]) {
  const lines = findings.map((finding) => `${finding.name} ${finding.version}: ${describeWay(finding)}`);
  return { help: { text: [...new Set(lines)].slice(0, MOST_HELP).join('\n') } };
}

function describeWay({ purl, fixedIn, path, reach }: Finding): string {
  return [
    fixedIn === undefined ? 'no fix is known' : `upgrade to ${fixedIn}`,
    ...(path === undefined ? [] : [`by way of ${path.map(shortName).join(' > ')}`]),
    ...(reach === undefined ? [] : [describeReach(reach, purl)]),
  ].join('; ');
}

function toRule(findings: readonly Finding[]) {
  const finding = findings[0]!;
  const score = finding.score?.toFixed(1) ?? BAND_SCORES[finding.severity];
  return {
    id: finding.advisory,
    shortDescription: { text: finding.summary === '' ? finding.advisory : finding.summary },
    ...helpOf(findings),
    ...(finding.url === undefined ? {} : { helpUri: finding.url }),
    defaultConfiguration: { level: LEVELS[finding.severity] },
    properties: {
      tags: ['security', 'vulnerability'],
      aliases: [...finding.aliases, ...(finding.upstream ?? [])],
      ...(score === undefined ? {} : { 'security-severity': score }),
    },
  };
}

/** Section 3.27.23: what is suppressed stays a result, with who says so and why. */
function suppressionsOf(finding: Finding) {
  const why = describeSuppression(finding);
  return why === undefined ? {} : { suppressions: [{ kind: 'external', status: 'accepted', justification: why }] };
}

function toResult(finding: Finding, ruleIndex: number, platform: string | undefined, { target, pathOf }: ScanReport) {
  const fix = finding.fixedIn === undefined ? 'no fix is known' : `fixed in ${finding.fixedIn}`;
  const locations = finding.locations.length === 0 ? [{ path: target }] : finding.locations;
  return {
    ruleId: finding.advisory,
    ruleIndex,
    level: LEVELS[finding.severity],
    message: {
      text: `${finding.name} ${finding.version} is affected by ${finding.advisory}: ${finding.summary} (${fix})`,
    },
    locations: locations.map((location) => ({
      physicalLocation: { artifactLocation: { uri: sarifUri(pathOf(location.path)) } },
      logicalLocations: [{ fullyQualifiedName: `${finding.purl} at ${formatLocation(location)}`, kind: 'package' }],
    })),
    ...suppressionsOf(finding),
    partialFingerprints: { 'componentAdvisory/v1': `${finding.purl}|${finding.advisory}|${platform ?? ''}` },
    properties: {
      purl: finding.purl,
      severity: finding.severity,
      ...(finding.because === undefined ? {} : { because: finding.because }),
      ...(finding.epss === undefined ? {} : { epss: finding.epss }),
      ...(finding.kev === undefined ? {} : { kev: finding.kev }),
      ...(finding.path === undefined ? {} : { path: finding.path }),
      ...(finding.reach === undefined ? {} : { reach: finding.reach }),
      ...(platform === undefined ? {} : { platform }),
    },
  };
}

export const writeSarif: ScanWriter = (report) => {
  const findings = listFindings(report);
  const rules = Map.groupBy(
    findings.map(({ finding }) => finding),
    ({ advisory }) => advisory,
  );
  const indexes = new Map([...rules.keys()].map((id, index) => [id, index]));
  return formatSarif({
    toolVersion: report.toolVersion,
    rules: [...rules.values()].map(toRule),
    results: findings.map(({ finding, platform }) =>
      toResult(finding, indexes.get(finding.advisory) ?? -1, platform, report),
    ),
    notifications: report.platforms.flatMap(({ result }) =>
      result.undecided.map(
        ({ purl, advisory, reason }) => `${purl}${advisory === undefined ? '' : `, ${advisory}`}: ${reason}`,
      ),
    ),
    complete: report.platforms.every(({ source }) => source.stock.complete),
  });
};
