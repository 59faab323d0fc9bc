import { isMalicious, severities } from '../../advisory/finding.ts';
import type { Concern } from '../concern.ts';
import type { ReviewCheck } from '../review-context.ts';

/** Vulnerabilities that the change brings, and packages known to be malicious. */
export const checkAdvisories: ReviewCheck = ({ component }, { findings, rules }) =>
  (findings.get(component.purl) ?? []).map((finding): Concern => {
    const base = { component, advisory: finding.advisory };
    if (isMalicious(finding))
      return { ...base, rule: 'malicious', level: 'error', message: `known to be malicious: ${finding.summary}` };
    const fix = finding.fixedIn === undefined ? 'no fix is known' : `fixed in ${finding.fixedIn}`;
    const isUnrated = finding.severity === 'unknown';
    const isSevere =
      finding.severity !== 'unknown' && severities.indexOf(finding.severity) >= severities.indexOf(rules.failOn);
    return {
      ...base,
      rule: 'vulnerability',
      level: isUnrated ? 'unknown' : isSevere ? 'error' : 'warning',
      message: `${finding.severity}: ${finding.summary} (${fix})`,
    };
  });
