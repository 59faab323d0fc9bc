import { predicateTypes } from '../../domain/trust/statement.ts';

const words: Readonly<Record<string, string>> = {
  [predicateTypes.cosignSignature]: 'signature',
  [predicateTypes.provenance]: 'provenance',
  'https://slsa.dev/provenance/v0.2': 'provenance v0.2',
  [predicateTypes.cycloneDx]: 'SBOM (CycloneDX)',
  [predicateTypes.spdx]: 'SBOM (SPDX)',
  [predicateTypes.vulns]: 'scan report',
  [predicateTypes.cosignVuln]: 'scan report (cosign)',
  [predicateTypes.vsa]: 'verdict (VSA)',
  [predicateTypes.promotion]: 'promotion record',
  [predicateTypes.reference]: 'reference',
  [predicateTypes.testResult]: 'test result',
  [predicateTypes.release]: 'release of a package',
  [predicateTypes.approval]: 'approval',
};

/** What people call a predicate type; the URI itself where they have no word for it. */
export function predicateWord(predicateType: string): string {
  return words[predicateType] ?? predicateType;
}
