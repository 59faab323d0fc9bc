import { type Digest, digestHex } from '../artifact/digest.ts';
import { crossCheck } from './cross-checks.ts';
import { type PolicyDocument, policyDocumentSchema } from './document.ts';
import type { Policy, Sha256 } from './policy.ts';
import { PolicyError, type PolicyProblem } from './policy-error.ts';
import { type PolicySource, readPolicySource } from './policy-source.ts';
import { publicKeyProblem } from './public-key.ts';
import { schemaProblems } from './schema-problems.ts';
import { splitCertificates } from './split-certificates.ts';

/** What parsing needs of cryptography. */
export interface PolicyHashes {
  readonly sha256: Sha256;
  /** base64(sha256(SPKI DER)) of a PEM public key; throws where the key is of no kind we can use. */
  readonly keyIdOf: (pem: string) => string;
}

function readSigners(
  document: PolicyDocument,
  source: PolicySource,
  keyIdOf: PolicyHashes['keyIdOf'],
): { keyIds: Record<string, string>; problems: PolicyProblem[] } {
  const keyIds: Record<string, string> = {};
  const problems: PolicyProblem[] = [];
  for (const [index, { name, publicKey, domain }] of document.signers.entries()) {
    const report = (message: string) =>
      void problems.push(source.problem(['signers', index, 'publicKey'], `public key of "${name}": ${message}`));
    if (publicKey === undefined) continue;
    const wrong = publicKeyProblem(publicKey);
    if (wrong !== undefined) {
      report(wrong);
      continue;
    }
    try {
      const keyId = keyIdOf(publicKey);
      const twin = Object.entries(keyIds).find(([, other]) => other === keyId)?.[0];
      const other = document.signers.find((signer) => signer.name === twin);
      if (other?.domain !== undefined && domain !== undefined && other.domain !== domain)
        report(
          `it signs ${other.domain} as "${twin}": a key is for one of images, packages and documents; make another one`,
        );
      else if (twin !== undefined)
        report(`the same key as "${twin}": one key has one name, so that revoking it is one act`);
      keyIds[name] = keyId;
    } catch {
      report('not a key that can verify a signature (expected ECDSA, RSA or Ed25519)');
    }
  }
  return { keyIds, problems };
}

/** A key that can verify nothing would lock everybody out of the next policy. */
function policySignerProblems({ policySigners }: PolicyDocument, source: PolicySource): PolicyProblem[] {
  return policySigners.flatMap(({ name, sshKey, publicKey }, index) => {
    const path = ['policySigners', index];
    if ((sshKey === undefined) === (publicKey === undefined))
      return [
        source.problem([...path, 'name'], `policy signer "${name}" is an sshKey or a publicKey: give one of them`),
      ];
    const wrong = publicKey === undefined ? undefined : publicKeyProblem(publicKey);
    if (wrong === undefined) return [];
    return [source.problem([...path, 'publicKey'], `public key of "${name}": ${wrong}`)];
  });
}

function readRoots(document: PolicyDocument, source: PolicySource, sha256: Sha256) {
  const thumbprints: Record<string, readonly string[]> = {};
  const problems: PolicyProblem[] = [];
  for (const [index, { name, x509 }] of document.signers.entries())
    for (const key of ['roots', 'timestampRoots'] as const) {
      const text = x509?.[key];
      if (text === undefined) continue;
      const certificates = splitCertificates(text);
      if (certificates === undefined)
        problems.push(
          source.problem(
            ['signers', index, 'x509', key],
            `of "${name}": expected certificates in PEM ("-----BEGIN CERTIFICATE-----"), and nothing else`,
          ),
        );
      else if (key === 'roots') thumbprints[name] = certificates.map((der) => digestHex(sha256(der)));
    }
  return { thumbprints, problems };
}

/**
 * A policy file (docs/policy.md) from its text. `fileName` is only for messages.
 * Throws a PolicyError whose every problem names line, column and path, what was expected, and the nearest known key or
 * name; schema problems first, and the cross checks once the schema fits.
 */
export function parsePolicy(text: string, fileName: string, { sha256, keyIdOf }: PolicyHashes): Policy {
  const source = readPolicySource(text, fileName);
  const parsed = policyDocumentSchema.safeParse(source.data);
  if (!parsed.success)
    throw new PolicyError(
      'POLICY_SCHEMA',
      fileName,
      inOrder(schemaProblems(policyDocumentSchema, source, parsed.error)),
    );
  const { keyIds, problems } = readSigners(parsed.data, source, keyIdOf);
  const unusable = policySignerProblems(parsed.data, source);
  const { thumbprints, problems: unreadable } = readRoots(parsed.data, source, sha256);
  const all = [...problems, ...unusable, ...unreadable, ...crossCheck(parsed.data, source)];
  if (all.length > 0) throw new PolicyError('POLICY_REFERENCE', fileName, inOrder(all));
  const digest: Digest = sha256(new TextEncoder().encode(text));
  return { document: parsed.data, digest, fileName, keyIds, thumbprints };
}

function inOrder(problems: readonly PolicyProblem[]): PolicyProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
