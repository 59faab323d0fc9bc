import { predicateTypes } from './statement.ts';

/** Names people type for predicate types: cosign's own (cosign 3.1.3, options/predicate.go), then ours. */
const named: Readonly<Record<string, string>> = {
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: predicateTypes.provenance,
  spdx: predicateTypes.spdx,
  spdxjson: predicateTypes.spdx,
  cyclonedx: predicateTypes.cycloneDx,
  link: 'https://in-toto.io/Link/v1',
  vuln: predicateTypes.cosignVuln,
  openvex: 'https://openvex.dev/ns',
  custom: 'https://cosign.sigstore.dev/attestation/v1',
  signature: predicateTypes.cosignSignature,
  vulns: predicateTypes.vulns,
  vsa: predicateTypes.vsa,
  promotion: predicateTypes.promotion,
  reference: predicateTypes.reference,
  testresult: predicateTypes.testResult,
  'test-result': predicateTypes.testResult,
  release: predicateTypes.release,
  approval: predicateTypes.approval,
  quarantine: predicateTypes.quarantine,
  quarantinerelease: predicateTypes.quarantineRelease,
};

export const predicateNames: readonly string[] = Object.keys(named);

/** The predicate type a name or URI stands for; undefined where it is neither. */
export function parsePredicateName(text: string): string | undefined {
  if (Object.hasOwn(named, text)) return named[text];
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(text) && text.length <= 1000 ? text : undefined;
}
