/** Each statement against the specification of its predicate, named above its case. */
import { describe, expect, it } from 'vitest';
import type { Finding, ScanResult } from '../../../../domain/advisory/finding.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { Verdict } from '../../../../domain/policy/verdict.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import { createPromotionStatement, promotionDetailsField } from '../../../../domain/trust/promotion-statement.ts';
import { createProvenance } from '../../../../domain/trust/provenance-statement.ts';
import { readProvenance } from '../../../../domain/trust/read-provenance.ts';
import { createSbomStatement, maxEmbeddedDocumentBytes } from '../../../../domain/trust/sbom-statement.ts';
import { createCosignScanStatement, createScanStatement } from '../../../../domain/trust/scan-statement.ts';
import { statementSchema } from '../../../../domain/trust/statement.ts';
import { createVerdictStatement, verdictGatesField } from '../../../../domain/trust/verdict-statement.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const other = parseDigest(`sha256:${'b'.repeat(64)}`);
const statementOf = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: 'a'.repeat(64) } }],
};

it('the signature is the one cosign 3 makes: no predicate, no name', () => {
  expect(createCosignSignature(digest)).toEqual({
    ...statementOf,
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  });
});

describe('SBOM', () => {
  const stored = (size: number) => ({ digest: other, size, mediaType: 'application/vnd.cyclonedx+json' });
  const sbom = { format: 'cyclonedx', content: { bomFormat: 'CycloneDX' }, location: 'oci://r/a@x' } as const;

  it.each([
    ['cyclonedx', 'https://cyclonedx.org/bom'],
    ['spdx', 'https://spdx.dev/Document'],
  ] as const)('%s is the predicate itself up to the limit', (format, predicateType) => {
    const statement = createSbomStatement(
      digest,
      { ...sbom, format, stored: stored(maxEmbeddedDocumentBytes) },
      'https://p.example',
    );
    expect(statement).toEqual({ ...statementOf, predicateType, predicate: { bomFormat: 'CycloneDX' } });
  });

  // in-toto predicates/reference.md
  it('is signed by digest above it', () => {
    expect(
      createSbomStatement(digest, { ...sbom, stored: stored(maxEmbeddedDocumentBytes + 1) }, 'https://p.example'),
    ).toEqual({
      ...statementOf,
      predicateType: 'https://in-toto.io/attestation/reference/v0.1',
      predicate: {
        attester: { id: 'https://p.example' },
        references: [
          {
            downloadLocation: 'oci://r/a@x',
            digest: { sha256: 'b'.repeat(64) },
            mediaType: 'application/vnd.cyclonedx+json',
          },
        ],
      },
    });
  });
});

describe('scan', () => {
  const scan: ScanResult = {
    findings: [
      {
        advisory: 'CVE-2021-44228',
        aliases: ['GHSA-jfh8-c2jp-5v3q'],
        summary: 'Log4Shell',
        severity: 'critical',
        score: 10,
        purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
        name: 'org.apache.logging.log4j:log4j-core',
        version: '2.14.1',
        fixedIn: '2.15.0',
        locations: [{ path: 'app/log4j-core.jar' }],
      },
      {
        advisory: 'OSV-1',
        aliases: [],
        summary: '',
        severity: 'unknown',
        purl: 'pkg:npm/a@1',
        name: 'a',
        version: '1',
        locations: [],
      },
    ],
    undecided: [{ purl: 'pkg:npm/b@x', reason: 'no version' }],
    database: { records: 1, digest: 'sha256:db', newest: undefined },
  };
  const run = {
    scanner: { uri: 'https://pratique.dev', version: '0.1.0' },
    database: 'https://osv.dev',
    startedOn: '2026-01-02T03:04:05Z',
    finishedOn: '2026-01-02T03:04:06Z',
  };

  // in-toto predicates/vulns_02.md: every required member.
  it('has the members vulns v0.2 asks for, and what was not decided', () => {
    const statement = createScanStatement(digest, scan, run);
    expect(statement.predicateType).toBe('https://in-toto.io/attestation/vulns/v0.2');
    expect(statement.predicate).toMatchObject({
      scanner: {
        uri: 'https://pratique.dev',
        version: '0.1.0',
        db: { uri: 'https://osv.dev', version: 'sha256:db', lastUpdate: '1970-01-01T00:00:00Z' },
        result: [
          {
            id: 'CVE-2021-44228',
            severity: [
              { method: 'osv', score: 'critical' },
              { method: 'cvss_score', score: '10.0' },
            ],
            annotations: [{ 'https://pratique.dev/vulns/v1/fixedIn': '2.15.0' }],
          },
          { id: 'OSV-1', severity: [{ method: 'osv', score: 'unknown' }] },
        ],
        'https://pratique.dev/vulns/v1/undecided': [{ purl: 'pkg:npm/b@x', reason: 'no version' }],
      },
      metadata: { scanStartedOn: '2026-01-02T03:04:05Z', scanFinishedOn: '2026-01-02T03:04:06Z' },
    });
  });

  it('says what is left to the advisories of a distribution', () => {
    const left = [{ purl: 'pkg:pypi/x@1', distribution: 'Debian:12', package: 'pkg:deb/debian/python3-x@1-1' }];
    expect(createScanStatement(digest, { ...scan, left }, run).predicate).toMatchObject({
      scanner: { 'https://pratique.dev/vulns/v1/left': left },
    });
  });

  it('says what was decided about a finding', () => {
    const decision = { id: 'd1', by: 'ann', owner: 'shop', until: '2026-12-31T00:00:00Z' };
    const [first, second] = scan.findings as [Finding, Finding];
    const findings = [
      { ...first, ignored: { reason: 'build time only', expires: '2026-12-31T00:00:00Z' }, decision },
      { ...second, vex: { status: 'not_affected', author: 'Vendor', source: 'x' } as const, decision },
    ];
    const { predicate } = createScanStatement(digest, { ...scan, findings }, run);
    const about = { decision: 'd1', owner: 'shop', until: '2026-12-31T00:00:00Z' };
    const vex = 'https://pratique.dev/vulns/v1/vex';
    expect(predicate).toMatchObject({
      scanner: {
        result: [
          {
            annotations: [
              { [vex]: { status: 'accepted_risk', statement: 'build time only', author: 'ann', ...about } },
            ],
          },
          { annotations: [{ [vex]: { status: 'not_affected', author: 'Vendor', ...about } }] },
        ],
      },
    });
  });

  it('has the members of cosign vuln v1', () => {
    const { predicate, predicateType } = createCosignScanStatement(digest, scan, run);
    expect(predicateType).toBe('https://cosign.sigstore.dev/attestation/vuln/v1');
    expect(predicate).toMatchObject({
      invocation: { uri: '' },
      scanner: { uri: 'https://pratique.dev', db: { uri: 'https://osv.dev' }, result: { findings: [{}, {}] } },
      metadata: { scanStartedOn: '2026-01-02T03:04:05Z' },
    });
  });
});

it('provenance of ours reads back as the facts that went in', () => {
  const commit = 'c'.repeat(40);
  const statement = createProvenance(digest, {
    builderId: 'https://builder.example/command',
    builderHost: 'build-1',
    invocationId: 'run-7',
    source: {
      repository: 'https://git.example/shop.git',
      commit,
      signedBy: 'a@example',
      committerEmail: 'a@example',
      committedAt: 1_700_000_000,
    },
    toolchain: { node: '24' },
    startedOn: '2026-01-02T03:04:05Z',
    finishedOn: '2026-01-02T03:04:06Z',
  });
  expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1');
  expect(readProvenance(statementSchema.parse(statement))).toEqual({
    builderId: 'https://builder.example/command',
    buildType: 'https://pratique.dev/build/command/v1',
    sourceRepository: 'https://git.example/shop',
    commit,
    toolchain: ['node 24'],
    builderHost: 'build-1',
    invocationId: 'run-7',
    committers: ['a@example'],
    hermetic: false,
    inputsByHash: false,
    slsaBuildLevel: 1,
    levelLimits: [{ level: 1, reason: expect.stringContaining('apart from the machine') }],
  });
});

describe('verdict', () => {
  const verdict: Verdict = {
    key: { repository: 'shop', digest },
    environment: 'prod',
    outcome: 'pass',
    mode: 'enforce',
    admitted: true,
    gates: [{ gate: 'sbom', verdict: 'pass', reason: 'there is one', evidence: [other], details: ['not published'] }],
    policy: { digest: other, version: 3 },
    decisionDigest: other,
    evaluatedAt: '2026-01-02T03:04:05Z',
  };
  const context = {
    verifier: 'https://p.example',
    version: '0.1.0',
    environmentRepository: 'r.example/prod/shop',
    policyUri: 'https://p.example/policy',
    verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
    inputAttestations: [{ uri: 'oci://r.example/shop', digest: other }],
  };

  // SLSA verification_summary: required members; verifiedLevels is FAILED where the policy was not met.
  it.each([
    [{ outcome: 'pass' }, 'PASSED', ['SLSA_BUILD_LEVEL_1']],
    [{ outcome: 'fail' }, 'FAILED', ['FAILED']],
    [{ outcome: 'unknown' }, 'FAILED', ['FAILED']],
    // Let in under audit is still not PASSED.
    [{ outcome: 'fail', mode: 'audit', admitted: true }, 'FAILED', ['FAILED']],
  ] as const)('%j is %s', (change, result, levels) => {
    const { predicate } = createVerdictStatement({ ...verdict, ...change }, context);
    expect(predicate).toMatchObject({
      verifier: { id: 'https://p.example' },
      timeVerified: '2026-01-02T03:04:05Z',
      resourceUri: 'r.example/prod/shop',
      policy: { uri: 'https://p.example/policy', digest: { sha256: 'b'.repeat(64) } },
      inputAttestations: [{ uri: 'oci://r.example/shop', digest: { sha256: 'b'.repeat(64) } }],
      verificationResult: result,
      verifiedLevels: levels,
      [verdictGatesField]: { environment: 'prod', decisionDigest: other },
    });
  });
});

// in-toto spec/predicates/promotion-record.md: the five required members; ours are under one URI.
it('a promotion has the members of the record, and ours under one URI', () => {
  const { predicate } = createPromotionStatement({
    digest,
    from: 'r.example/staging/shop:1',
    to: 'r.example/prod/shop:1',
    fromEnvironment: undefined,
    toEnvironment: 'prod',
    at: '2026-01-02T03:04:05Z',
    promoter: 'https://p.example@0.1.0',
    approvals: [{ principal: 'ada', at: '2026-01-02T03:00:00Z', decisionDigest: other }],
    verdict: other,
    copied: [digest, other],
  });
  expect(predicate).toEqual({
    srcRef: 'r.example/staging/shop:1',
    dstRef: 'r.example/prod/shop:1',
    digest,
    timestamp: '2026-01-02T03:04:05Z',
    builderId: 'https://p.example@0.1.0',
    [promotionDetailsField]: {
      fromEnvironment: null,
      toEnvironment: 'prod',
      approvals: [{ principal: 'ada', at: '2026-01-02T03:00:00Z', decisionDigest: other }],
      verdict: other,
      copied: [digest, other],
    },
  });
});
