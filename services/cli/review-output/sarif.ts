/** SARIF 2.1.0 (OASIS standard): a rule a kind of concern, a result a concern. */
import type { Concern, ConcernLevel, ReviewRule } from '../../../domain/review/concern.ts';
import { formatSarif, sarifUri } from '../sarif-log.ts';
import type { ReviewReport } from './review-report.ts';

const DESCRIPTIONS: Readonly<Record<ReviewRule, string>> = {
  malicious: 'A package known to be malicious',
  vulnerability: 'A known vulnerability that the change brings',
  typosquat: 'A new name that looks like a much used one',
  'dependency-confusion': 'A name of ours from a registry where anybody may publish',
  'changed-hash': 'Another hash under the same version',
  'missing-hash': 'A package without a hash',
  'moved-source': 'A package from another place than before',
  'install-script': 'Commands that run when a package is installed',
  licence: 'A denied licence',
  'too-new': 'A version that was published a short time ago',
};

const LEVELS: Readonly<Record<ConcernLevel, 'error' | 'warning'>> = {
  error: 'error',
  unknown: 'warning',
  warning: 'warning',
};

export function formatReviewSarif(report: ReviewReport): string {
  const rules = [...new Set(report.review.concerns.map(({ rule }) => rule))];
  return formatSarif({
    toolVersion: report.toolVersion,
    rules: rules.map((rule) => ({ id: rule, shortDescription: { text: DESCRIPTIONS[rule] } })),
    results: report.review.concerns.map((concern) => toResult(concern, rules.indexOf(concern.rule), report)),
    notifications: [
      ...report.review.undecided.map(({ purl, advisory, reason }) => `${purl}, ${advisory}: ${reason}`),
      ...report.unchecked.map((note) => `not checked: ${note}`),
    ],
    complete: report.complete,
  });
}

function toResult(
  { rule, level, component, message, advisory }: Concern,
  ruleIndex: number,
  { head, pathOf }: ReviewReport,
): object {
  const { purl, name, version, locations } = component;
  const places = locations.length === 0 ? [head] : locations.map(({ path }) => pathOf(path));
  return {
    ruleId: rule,
    ruleIndex,
    level: LEVELS[level],
    message: { text: `${name} ${version}: ${advisory === undefined ? '' : `${advisory}: `}${message}` },
    locations: places.map((path) => ({
      physicalLocation: { artifactLocation: { uri: sarifUri(path) } },
      logicalLocations: [{ fullyQualifiedName: purl, kind: 'package' }],
    })),
    partialFingerprints: { 'packageConcern/v1': `${purl}|${rule}|${advisory ?? ''}` },
    properties: { purl, level },
  };
}
