import { expect, it } from 'vitest';
import { parsePredicateName, predicateNames } from '../../../../domain/trust/predicate-name.ts';

it.each([
  ['cyclonedx', 'https://cyclonedx.org/bom'],
  ['spdxjson', 'https://spdx.dev/Document'],
  ['vuln', 'https://cosign.sigstore.dev/attestation/vuln/v1'],
  ['slsaprovenance', 'https://slsa.dev/provenance/v0.2'],
  ['https://example.com/review/v1', 'https://example.com/review/v1'],
  ['urn:example:review', 'urn:example:review'],
  ['cyclone dx', undefined],
  ['review', undefined],
  ['', undefined],
  // No name of an object's own prototype is a type.
  ['constructor', undefined],
  [`https://example.com/${'x'.repeat(1000)}`, undefined],
])('%s', (text, expected) => {
  expect(parsePredicateName(text)).toBe(expected);
});

it('every name stands for a type', () => {
  expect(predicateNames.map(parsePredicateName)).not.toContain(undefined);
});
