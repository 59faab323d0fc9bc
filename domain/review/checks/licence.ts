import { readClaim } from '../../policy/gates/licences.ts';
import { licenceText } from '../../sbom/licence.ts';
import type { ReviewCheck } from '../review-context.ts';

/** A licence that is denied, of a package that is new or had another one. */
export const checkLicence: ReviewCheck = ({ component, before }, { rules }) => {
  const known = new Set(before.flatMap(({ licences }) => licences.map(licenceText)));
  return component.licences.flatMap((claim) => {
    const reading = readClaim(claim, rules.deniedLicences);
    if (reading.kind !== 'denied' || known.has(licenceText(claim))) return [];
    const message = `${licenceText(claim)} is denied (${reading.entry})`;
    return [{ rule: 'licence' as const, level: 'error' as const, component, message }];
  });
};
