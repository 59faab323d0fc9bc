/** Policies and judged artifacts for the tests of this folder: real keys, real digests, one valid whole to vary. */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { Finding } from '../../../../domain/advisory/finding.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { JudgedArtifact, JudgedPlatform } from '../../../../domain/policy/gate.ts';
import { type PolicyHashes, parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import type { Policy } from '../../../../domain/policy/policy.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';

export const hashes: PolicyHashes = {
  sha256: (bytes) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`),
  keyIdOf: (pem) =>
    createHash('sha256')
      .update(createPublicKey(pem).export({ type: 'spki', format: 'der' }))
      .digest('base64'),
};

export const digestOf = (text: string) => hashes.sha256(new TextEncoder().encode(text));

export function createPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
}

export const pems = { ci: createPem(), release: createPem(), old: createPem(), stranger: createPem() };
export const keyIds = {
  ci: hashes.keyIdOf(pems.ci),
  release: hashes.keyIdOf(pems.release),
  old: hashes.keyIdOf(pems.old),
  stranger: hashes.keyIdOf(pems.stranger),
};

/** A block scalar's body: each line of a PEM, indented. */
export const indent = (pem: string, spaces: number) =>
  pem
    .trim()
    .split('\n')
    .map((line) => `${' '.repeat(spaces)}${line}`)
    .join('\n');

export const signersAndBuilders = `
signers:
  - name: ci
    publicKey: |
${indent(pems.ci, 6)}
  - name: release
    publicKey: |
${indent(pems.release, 6)}
  - name: old
    publicKey: |
${indent(pems.old, 6)}
builders:
  - {name: ci, id: https://ci.example/main, signer: ci, level: 2}
  - {name: nightly, id: https://ci.example/nightly, signer: ci, level: 1, state: retiring}
  - {name: old, id: https://old.example, signer: old, level: 1, state: revoked}
  - {name: release, id: https://release.example, signer: release, level: 2}
`;

/** A valid policy with the gates of its one environment as YAML flow text, one a line. */
export function createPolicy(gates: readonly string[] = ['{gate: digest}'], more = ''): Policy {
  const text = `apiVersion: pratique.dev/v1
kind: Policy
version: 3
intake:
  repositories: ['shop/**']
environments:
  - name: dev
    repository: dev/{repository}
    gates:
${gates.map((gate) => `      - ${gate}`).join('\n')}
${signersAndBuilders}${more}`;
  return parsePolicy(text, 'policy.yaml', hashes);
}

const key = { repository: 'shop/web', digest: digestOf('shop/web') };
const commit = 'a'.repeat(40);
export const now = new Date(Date.UTC(2000, 0, 10)).toISOString();
export const ago = (seconds: number) => new Date(Date.parse(now) - seconds * 1000).toISOString();

let serial = 0;
export function createEvidence(part: Partial<EvidenceRecord> & { readonly keyId?: string } = {}): EvidenceRecord {
  serial += 1;
  const { keyId = keyIds.ci, ...rest } = part;
  return {
    manifest: digestOf(`manifest ${serial}`),
    bundle: digestOf(`bundle ${serial}`),
    subject: key.digest,
    predicateType: predicateTypes.cosignSignature,
    origin: 'foreign',
    verification: { outcome: 'verified', identity: { kind: 'key', keyId } },
    ...rest,
  };
}

export function createProvenance(part: Parameters<typeof createEvidence>[0] = {}): EvidenceRecord {
  return createEvidence({
    predicateType: predicateTypes.provenance,
    provenance: {
      builderId: 'https://ci.example/main',
      buildType: 'https://pratique.dev/command/v1',
      sourceRepository: 'git+https://git.example/shop/web.git@refs/heads/main',
      commit,
    },
    ...part,
  });
}

export function createFinding(part: Partial<Finding> = {}): Finding {
  return {
    advisory: 'GHSA-29mw-wpgm-hmr9',
    aliases: ['CVE-2020-28500'],
    summary: 'ReDoS in lodash',
    severity: 'high',
    purl: 'pkg:npm/lodash@4.17.20',
    name: 'lodash',
    version: '4.17.20',
    fixedIn: '4.17.21',
    locations: [{ path: 'app/node_modules/lodash/package.json', layer: digestOf('layer') }],
    ...part,
  };
}

export function createPlatform(part: Partial<JudgedPlatform> = {}): JudgedPlatform {
  return {
    digest: key.digest,
    platform: 'linux/amd64',
    complete: true,
    componentCount: 1,
    unreadable: [],
    licences: [{ purl: 'pkg:npm/lodash@4.17.20', licences: [{ kind: 'expression', expression: 'MIT' }] }],
    findings: [],
    undecided: [],
    ...part,
  };
}

export function createJudged(part: Partial<JudgedArtifact> = {}): JudgedArtifact {
  return {
    key,
    observedDigest: key.digest,
    platforms: [createPlatform()],
    failure: undefined,
    scan: {
      at: ago(60),
      databaseNewest: ago(86_400),
      databaseSyncedAt: ago(3600),
      databaseDigest: digestOf('database'),
    },
    evidence: [],
    claims: [],
    revoked: [],
    committers: undefined,
    approvals: [],
    ...part,
  };
}
