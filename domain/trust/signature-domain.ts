import { predicateTypes } from './statement.ts';

/** What a key is for: each has keys of its own, so that one that leaks says nothing about the others. */
export const signatureDomains = ['images', 'packages', 'documents'] as const;
export type SignatureDomain = (typeof signatureDomains)[number];

/** Statements that are documents about an artifact, whoever made it. */
const documents: ReadonlySet<string> = new Set([
  predicateTypes.cycloneDx,
  predicateTypes.spdx,
  predicateTypes.vulns,
  predicateTypes.cosignVuln,
  predicateTypes.vsa,
  predicateTypes.testResult,
  predicateTypes.reference,
]);

/** `kind` is the artifact's; one that is no image is a package of something else. */
export function signatureDomain(predicateType: string, kind: 'image' | 'index' | 'other' | undefined): SignatureDomain {
  if (documents.has(predicateType)) return 'documents';
  return kind === 'other' ? 'packages' : 'images';
}
