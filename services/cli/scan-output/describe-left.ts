import type { LeftComponent } from '../../../domain/advisory/left-to-distribution.ts';
import { plural } from '../../../domain/plural.ts';
import type { ScanReport } from './scan-report.ts';

/** For people: how many components upstream's records were not asked about, and whose advisories answer for them. Undefined where for none. */
export function describeLeft({ platforms }: Pick<ScanReport, 'platforms'>): string | undefined {
  return describeLeftComponents(platforms.flatMap(({ result }) => result.left ?? []));
}

/** The same of components of any stocks. */
export function describeLeftComponents(left: readonly LeftComponent[]): string | undefined {
  if (left.length === 0) return undefined;
  const distributions = [...new Set(left.map(({ distribution }) => distribution))].sort().join(', ');
  const are = plural(left.length, 'component is', 'components are');
  return `${are} left to the advisories of ${distributions}, whose packages brought ${left.length === 1 ? 'it' : 'them'}`;
}
