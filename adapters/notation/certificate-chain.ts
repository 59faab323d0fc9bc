/** Chains of certificates, from the one that signs to its root, as notation-core-go checks them (x509/*_cert_validations.go). */
import { type Certificate, extendedKeyUsages, keyUsageBits } from './certificate.ts';

/** What an end certificate must not also be for (signature-specification.md, "Certificate requirements"). */
const NOT_FOR_CODE: ReadonlySet<string> = new Set([
  extendedKeyUsages.serverAuth,
  extendedKeyUsages.clientAuth,
  extendedKeyUsages.emailProtection,
  extendedKeyUsages.timeStamping,
  extendedKeyUsages.ocspSigning,
]);

type Purpose = 'code signing' | 'timestamping';

/** What is wrong with a chain, whole and in order; undefined where nothing is. Times are the caller's to compare. */
export function chainProblem(chain: readonly Certificate[], purpose: Purpose): string | undefined {
  const [leaf] = chain;
  if (leaf === undefined) return 'there is no certificate';
  for (const [index, certificate] of chain.entries()) {
    const problem =
      linkProblem(chain, index) ??
      (index === 0 ? leafProblem(certificate, purpose) : authorityProblem(certificate, index - 1, purpose));
    if (problem !== undefined) return `certificate ${index + 1} (${certificate.label}) ${problem}`;
  }
  return undefined;
}

/** Whether `issuer` signed `certificate`: by name, key identifiers and signature. */
export function isIssuedBy({ x509, isSoundlySigned }: Certificate, issuer: Certificate): boolean {
  return isSoundlySigned && x509.checkIssued(issuer.x509) && x509.verify(issuer.x509.publicKey);
}

/** By its own key and under its own name; an end certificate may be that, and no authority. */
export function isSelfSigned({ x509, isSoundlySigned }: Certificate): boolean {
  return isSoundlySigned && x509.subject === x509.issuer && x509.verify(x509.publicKey);
}

function linkProblem(chain: readonly Certificate[], index: number): string | undefined {
  const certificate = chain[index]!;
  const parent = chain[index + 1];
  if (parent === undefined)
    return isSelfSigned(certificate)
      ? undefined
      : 'is the last of the chain, and not signed by itself: the root is missing';
  if (isSelfSigned(certificate)) return 'is signed by itself, and more follow';
  return isIssuedBy(certificate, parent) ? undefined : `was not issued by ${parent.label}, which follows it`;
}

function leafProblem(certificate: Certificate, purpose: Purpose): string | undefined {
  const { basicConstraints, keyUsage, unknownCritical } = certificate;
  if (basicConstraints?.isCa === true) return 'is one of an authority, which signs certificates and nothing else';
  if (keyUsage === undefined) return 'says nothing of its key usage';
  if (purpose === 'code signing' && !keyUsage.critical) return 'has a key usage that is not critical';
  if (!keyUsage.bits.includes(keyUsageBits.digitalSignature)) return 'is not for digital signatures (key usage)';
  // Content commitment (1), once non-repudiation, goes with signing.
  if (keyUsage.bits.some((bit) => bit > 1)) return 'has a key that is for more than digital signatures (key usage)';
  if (unknownCritical.length > 0) return `has a critical extension that is not understood (${unknownCritical[0]})`;
  return purpose === 'code signing' ? codeUsageProblem(certificate) : timeUsageProblem(certificate);
}

function codeUsageProblem({ extendedKeyUsage }: Certificate): string | undefined {
  const other = extendedKeyUsage?.oids.find((oid) => NOT_FOR_CODE.has(oid));
  return other === undefined ? undefined : `is for something else than code as well (extended key usage ${other})`;
}

/** RFC 3161, 2.3: that usage alone, and critical. */
function timeUsageProblem({ extendedKeyUsage }: Certificate): string | undefined {
  const { oids = [], critical = false } = extendedKeyUsage ?? {};
  const isOnly = oids.length === 1 && oids[0] === extendedKeyUsages.timeStamping;
  return isOnly && critical ? undefined : 'is not for timestamping alone, with that as a critical extended key usage';
}

/** `below`: authorities between it and the end certificate. */
function authorityProblem(certificate: Certificate, below: number, purpose: Purpose): string | undefined {
  const { basicConstraints, keyUsage, unknownCritical } = certificate;
  if (basicConstraints?.isCa !== true) return 'is none of an authority (basic constraints)';
  const { pathLength } = basicConstraints;
  if (pathLength !== undefined && pathLength < below)
    return `allows ${pathLength} authorities below it, and ${below} are there (path length)`;
  if (keyUsage === undefined) return 'says nothing of its key usage';
  if (purpose === 'code signing' && !keyUsage.critical) return 'has a key usage that is not critical';
  if (!keyUsage.bits.includes(keyUsageBits.keyCertSign)) return 'may sign no certificates (key usage)';
  if (unknownCritical.length > 0) return `has a critical extension that is not understood (${unknownCritical[0]})`;
  return undefined;
}
