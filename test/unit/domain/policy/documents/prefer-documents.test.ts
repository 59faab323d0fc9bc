import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EnvironmentPolicy } from '../../../../../domain/policy/document.ts';
import { evaluateVerdict } from '../../../../../domain/policy/evaluate.ts';
import type { GateOutcome, JudgedArtifact } from '../../../../../domain/policy/gate.ts';
import type { Component } from '../../../../../domain/sbom/component.ts';
import type { AttestedDocument, AttestedReport, AttestedSbom } from '../../../../../domain/trust/attested-document.ts';
import { predicateTypes } from '../../../../../domain/trust/statement.ts';
import {
  ago,
  createEvidence,
  createFinding,
  createJudged,
  createPlatform,
  createPolicy,
  digestOf,
  hashes,
  keyIds,
  now,
} from '../judged-artifact.ts';

const gates = [
  '{gate: sbom}',
  '{gate: scan-fresh, maximumAge: P1D, databaseMaximumAge: P2D}',
  '{gate: vulnerabilities, severity: high}',
  '{gate: licences, deny: [AGPL-*]}',
];

function judge(documents: string, judged: JudgedArtifact): (gate: string) => GateOutcome {
  const policy = createPolicy(gates, documents === '' ? '' : `documents: ${documents}\n`);
  const environment = policy.document.environments[0] as EnvironmentPolicy;
  const verdict = evaluateVerdict({ policy, environment, judged, now, sha256: hashes.sha256 });
  return (gate) => verdict.gates.find((one) => one.gate === gate)!;
}

function component(name: string, version = '1.0.0', licence = 'MIT'): Component {
  return {
    ...{ purl: `pkg:npm/${name}@${version}`, ecosystem: 'npm', advisoryName: name, name, version },
    ...{ advisoryVersion: version, licences: [{ kind: 'expression', expression: licence }], hashes: [] },
    ...{ dependsOn: [], scope: 'runtime', locations: [], foundBy: 'attested' },
  };
}

type By = Parameters<typeof createEvidence>[0];
const database = { records: 1, digest: 'sha256:0', newest: ago(3600) };

function sbom(components: readonly Component[], by: By = {}, part: Partial<AttestedSbom> = {}): AttestedDocument {
  const scan = { findings: [], undecided: [], database, syncedAt: ago(60), feeds: [] };
  return {
    record: createEvidence({ predicateType: predicateTypes.cycloneDx, ...by }),
    content: { kind: 'sbom', components, complete: true, unreadable: [], scan, ...part },
  };
}

function report(
  findings: AttestedReport['findings'],
  by: By = {},
  part: Partial<AttestedReport> = {},
): AttestedDocument {
  return {
    record: createEvidence({ predicateType: predicateTypes.vulns, ...by }),
    content: {
      ...{ kind: 'vulnerabilities', scanner: 'https://scanner.example', finishedAt: ago(60) },
      ...{ databaseAt: ago(3600), findings, undecided: [], ...part },
    },
  };
}

const lodash = component('lodash', '4.17.20');
const platform = createPlatform();
const generated = { [platform.digest]: [lodash] };
const with_ = (documents: readonly AttestedDocument[], part: Partial<JudgedArtifact> = {}) =>
  createJudged({ attested: { documents, generated }, ...part });

const attested = '{sbom: {prefer: attested, signers: [ci]}}';
const both = (onDifference: string) => `{sbom: {prefer: both, signers: [ci], onDifference: ${onDifference}}}`;

describe('SBOMs', () => {
  test.each(['', '{sbom: {prefer: generated}}'])('of others change nothing by default (%s)', (documents) => {
    const judged = with_([sbom([component('hidden')])], { platforms: [createPlatform({ componentCount: 0 })] });
    expect(judge(documents, judged)('sbom')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/0 components/),
    });
  });

  test('that are attested are what the gates read, also where nothing could be read here', () => {
    const agpl = component('copyleft', '2.0.0', 'AGPL-3.0-only');
    const finding = createFinding({ purl: agpl.purl, name: 'copyleft', version: '2.0.0' });
    const scan = { findings: [finding], undecided: [], database, syncedAt: ago(60), feeds: [] };
    const judged = with_([sbom([agpl, lodash], {}, { scan })], {
      failure: 'linux/amd64: the layer is no tar',
      scan: undefined,
      platforms: [createPlatform({ complete: false, componentCount: 0, licences: [] })],
    });
    const gate = judge(attested, judged);
    expect(gate('sbom')).toMatchObject({
      verdict: 'pass',
      reason: '2 components in linux/amd64, as signer "ci" attests',
    });
    expect(gate('sbom').evidence).toEqual([judged.attested?.documents[0]?.record.manifest]);
    expect(gate('licences')).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/copyleft/) });
    expect(gate('vulnerabilities')).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/copyleft/) });
    expect(gate('scan-fresh').verdict).toBe('pass');
  });

  test('that are attested are as old as the feeds of what they name, whatever came in since', () => {
    const feeds = [
      { ecosystem: 'npm', at: ago(60 * 86_400) },
      { ecosystem: 'Debian', at: ago(60) },
    ];
    const scan = { findings: [], undecided: [], database, syncedAt: ago(60), feeds };
    expect(judge(attested, with_([sbom([lodash], {}, { scan })]))('scan-fresh')).toMatchObject({
      ...{ verdict: 'unknown', reason: expect.stringMatching(/advisories of npm are 60 d old/) },
    });
  });

  test.each([
    ['that nobody brought in', undefined, /there are no advisories of npm of a known age/],
    ['that stands still', ago(60 * 86_400), /advisories of npm are 60 d old/],
  ])('that are compared with the layers ask for the feeds of both: one %s', (_, at, reason) => {
    const own = [{ ecosystem: 'Debian', at: ago(60) }];
    const feeds = [
      { ecosystem: 'Debian', at: ago(60) },
      { ecosystem: 'npm', at },
    ];
    const scan = { findings: [], undecided: [], database, syncedAt: ago(60), feeds };
    const judgeBoth = (part: Partial<JudgedArtifact>) =>
      judge(both('pass'), with_([sbom([lodash], {}, { scan })], part))('scan-fresh');
    const here = createJudged().scan!;
    for (const scanned of [
      { ...here, feeds: own },
      { ...here, feeds: [] },
    ])
      expect(judgeBoth({ scan: scanned })).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(reason) });
    // What the layers need counts as before, and what was never scanned here stays so.
    expect(judgeBoth({ scan: { ...here, feeds: [{ ecosystem: 'npm', at: undefined }] } }).verdict).toBe('unknown');
    expect(judgeBoth({ scan: undefined })).toMatchObject({ reason: expect.stringMatching(/never scanned/) });
  });

  test('of one ecosystem in several documents the oldest counts, whichever comes last', () => {
    const withFeeds = (...times: readonly (string | undefined)[]) =>
      with_(
        times.map((at, index) => {
          const scan = { findings: [], undecided: [], database, syncedAt: ago(60), feeds: [{ ecosystem: 'npm', at }] };
          return sbom([component(`part-${index}`)], {}, { scan });
        }),
      );
    for (const times of [
      [ago(60 * 86_400), ago(60)],
      [ago(60), ago(60 * 86_400)],
      [undefined, ago(60)],
      [ago(60), undefined],
    ])
      expect(judge(attested, withFeeds(...times))('scan-fresh').verdict, String(times)).toBe('unknown');
    expect(judge(attested, withFeeds(ago(60), ago(70)))('scan-fresh').verdict).toBe('pass');
  });

  const index = digestOf('the index');
  test.each<readonly [string, readonly AttestedDocument[], RegExp]>([
    ['there is none', [], /there is none of linux\/amd64 \(accepted: ci\)/],
    [
      'by a stranger',
      [sbom([lodash], { keyId: keyIds.stranger })],
      /none of linux\/amd64 \(accepted: ci; 1 refused: SIGNER_NOT_ACCEPTED\)/,
    ],
    ['by another signer of the policy', [sbom([lodash], { keyId: keyIds.release })], /1 refused/],
    ['of our own', [sbom([lodash], { origin: 'own' })], /1 refused/],
    ['about the index, or another digest', [sbom([lodash], { subject: index })], /there is none/],
    [
      'that can not be read any more',
      [
        sbom([lodash]),
        { record: sbom([]).record, content: { kind: 'unreadable', of: ['sbom'], reason: 'it is gone' } },
      ],
      /can not be read: evidence .*: it is gone/,
    ],
    ['that says itself that it lacks something', [sbom([lodash], {}, { complete: false })], /incomplete/],
    ['that lists nothing', [sbom([])], /0 components/],
  ])('asked of others, %s: unknown, and said', (_what, documents, reason) => {
    const gate = judge(attested, with_(documents));
    expect(gate('sbom')).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(reason) });
    if (!reason.test('0 components'))
      for (const name of ['vulnerabilities', 'licences']) expect(gate(name).verdict, name).toBe('unknown');
  });

  test('nobody read them: unknown', () => {
    expect(judge(attested, createJudged())('sbom').verdict).toBe('unknown');
  });

  test('of a revoked signer do not count', () => {
    const judged = with_([sbom([lodash])], { revoked: [`key:${keyIds.ci}`] });
    expect(judge(attested, judged)('sbom')).toMatchObject({
      verdict: 'unknown',
      details: [expect.stringMatching(/refused \(SIGNER_REVOKED\): .*is revoked/)],
    });
  });

  test('an old one that is attached anew hides nothing: all of them count together', () => {
    const bad = component('evil');
    const scan = {
      findings: [createFinding({ purl: bad.purl, name: 'evil' })],
      undecided: [],
      database,
      syncedAt: ago(60),
      feeds: [],
    };
    const now_ = sbom([lodash, bad], {}, { scan });
    const old = sbom([lodash]);
    for (const documents of [
      [now_, old],
      [old, now_],
    ])
      expect(judge(attested, with_(documents))('vulnerabilities')).toMatchObject({
        verdict: 'fail',
        reason: expect.stringMatching(/evil/),
      });
  });

  test.each(['pass', 'unknown', 'fail'] as const)(
    'both: a difference is %s, as the policy says, and told',
    (verdict) => {
      const judged = with_([sbom([component('only-attested'), component('lodash', '4.17.21')])]);
      const gate = judge(both(verdict), judged)('sbom');
      expect(gate.verdict).toBe(verdict);
      expect(gate.reason).toMatch(
        /0 components in the layers alone, 1 in the attested SBOM alone, 1 of other versions/,
      );
      expect(gate.details).toEqual([
        expect.stringMatching(/^in the attested SBOM alone: only-attested 1\.0\.0/),
        expect.stringMatching(/^lodash: 4\.17\.20 in the layers, 4\.17\.21 in the attested SBOM/),
      ]);
    },
  );

  test('both: without a difference it passes, and without an attested one it is unknown', () => {
    expect(judge(both('fail'), with_([sbom([lodash])]))('sbom')).toMatchObject({
      verdict: 'pass',
      reason: '1 component in linux/amd64, compared with what signer "ci" attests',
    });
    expect(judge(both('pass'), with_([]))('sbom')).toMatchObject({ verdict: 'unknown' });
  });

  test('both: what either has counts', () => {
    const bad = component('evil');
    const scan = {
      findings: [createFinding({ purl: bad.purl, name: 'evil' })],
      undecided: [],
      database,
      syncedAt: ago(60),
      feeds: [],
    };
    expect(judge(both('pass'), with_([sbom([lodash, bad], {}, { scan })]))('vulnerabilities').verdict).toBe('fail');
    const ours = [createPlatform({ findings: [createFinding()] })];
    expect(judge(both('pass'), with_([sbom([lodash])], { platforms: ours }))('vulnerabilities').verdict).toBe('fail');
  });

  test('whatever is attested besides, an attested finding is never lost', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'evil'), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 6 }), fc.constantFrom('attested', 'both'), (lists, prefer) => {
        const documents = lists.map((list) => {
          const findings = list.includes('evil') ? [createFinding({ purl: component('evil').purl })] : [];
          const scan = { findings, undecided: [], database, syncedAt: ago(60), feeds: [] };
          return sbom(
            list.map((name) => component(name)),
            {},
            { scan },
          );
        });
        const { verdict } = judge(`{sbom: {prefer: ${prefer}, signers: [ci]}}`, with_(documents))('vulnerabilities');
        if (lists.flat().includes('evil')) expect(verdict).toBe('fail');
        else if (lists.length === 0) expect(verdict).toBe('unknown');
        else expect(verdict).toBe('pass');
      }),
      { numRuns: 60 },
    );
  });
});

describe('vulnerability reports', () => {
  const asked = '{vulnerabilities: {prefer: attested, signers: [ci]}}';
  const theirs = createFinding({ advisory: 'CVE-2020-28500', aliases: [] });

  test('that are attested take the place of our findings', () => {
    const ours = { platforms: [createPlatform({ findings: [createFinding({ advisory: 'GHSA-ours', aliases: [] })] })] };
    expect(judge(asked, with_([report([])], ours))('vulnerabilities')).toMatchObject({
      verdict: 'pass',
      reason: expect.stringMatching(/as signer "ci" reports/),
    });
    expect(judge(asked, with_([report([theirs])]))('vulnerabilities')).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/CVE-2020-28500/),
    });
  });

  test.each<readonly [string, readonly AttestedDocument[], RegExp]>([
    ['there is none', [], /attested vulnerability report, and there is none/],
    ['by a stranger', [report([], { keyId: keyIds.stranger })], /1 refused/],
    ['of our own', [report([], { origin: 'own' })], /1 refused/],
    ['from the future', [report([], {}, { finishedAt: ago(-4000) })], /1 refused/],
  ])('asked of others, %s: unknown, in both gates', (_what, documents, reason) => {
    const gate = judge(asked, with_(documents));
    for (const name of ['vulnerabilities', 'scan-fresh'])
      expect(gate(name)).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(reason) });
  });

  test('of one scanner the newest counts, of several each', () => {
    const older = report([], {}, { finishedAt: ago(7200) });
    const newest = report([theirs], {}, { finishedAt: ago(60) });
    for (const documents of [
      [older, newest],
      [newest, older],
    ])
      expect(judge(asked, with_(documents))('vulnerabilities').verdict).toBe('fail');
    const other = report([], {}, { scanner: 'https://other.example', finishedAt: ago(10) });
    expect(judge(asked, with_([newest, other]))('vulnerabilities').verdict).toBe('fail');
  });

  test.each([
    ['of two without a name both', '', '', 'fail'],
    [
      'of two versions of one, by its purl, the newer',
      'pkg:github/a/scan@1.0.0',
      'pkg:github/a/scan@1.1.0?x=y',
      'pass',
    ],
    ['of one that says its version and does not, the newer', 'pkg:npm/%40a/scan@1', 'pkg:npm/%40a/scan', 'pass'],
    ['of two in one namespace each', 'pkg:npm/@a/scan', 'pkg:npm/@a/other', 'fail'],
    ['of two addresses each, whatever stands behind an @', 'https://a@1', 'https://a@2', 'fail'],
  ] as const)('%s counts', (_what, first, second, verdict) => {
    const older = report([theirs], { manifest: digestOf('older') }, { scanner: first, finishedAt: ago(7200) });
    const newer = report([], { manifest: digestOf('newer') }, { scanner: second, finishedAt: ago(60) });
    for (const documents of [
      [older, newer],
      [newer, older],
    ])
      expect(judge(asked, with_(documents))('vulnerabilities').verdict).toBe(verdict);
  });

  test.each<readonly [string, Partial<AttestedReport>, RegExp]>([
    ['too old', { finishedAt: ago(90_000) }, /scanned 25 h ago/],
    ['against old advisories', { databaseAt: ago(3 * 86_400) }, /advisories are 3 d old/],
    ['against advisories of an age it does not say', { databaseAt: undefined }, /age of the advisories is not known/],
  ])('%s are not fresh', (_what, part, reason) => {
    expect(judge(asked, with_([report([], {}, part)]))('scan-fresh')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(reason),
    });
  });

  test('both: what either found counts, once; what is graver with them too; differences are told', () => {
    const documents = '{vulnerabilities: {prefer: both, signers: [ci], onDifference: unknown}}';
    const ours = (severity: 'medium' | 'high') => ({
      platforms: [createPlatform({ findings: [createFinding({ severity })] })],
    });
    const same = with_([report([{ ...theirs, severity: 'medium' }])], ours('medium'));
    expect(judge(documents, same)('vulnerabilities')).toMatchObject({ verdict: 'pass' });
    const graver = with_([report([{ ...theirs, severity: 'critical' }])], ours('medium'));
    expect(judge(documents, graver)('vulnerabilities')).toMatchObject({ verdict: 'fail' });
    const agreed = with_([report([theirs])], ours('high'));
    expect(judge(documents, agreed)('vulnerabilities').reason).toMatch(/^1 vulnerability/);
    const alone = with_([report([])], ours('medium'));
    expect(judge(documents, alone)('vulnerabilities')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/1 found here alone, 0 reported alone/),
      details: [expect.stringMatching(/^found here alone: GHSA-29mw-wpgm-hmr9/)],
    });
  });

  test('both: as old as the older of the two', () => {
    const documents = '{vulnerabilities: {prefer: both, signers: [ci]}}';
    expect(judge(documents, with_([report([], {}, { finishedAt: ago(90_000) })]))('scan-fresh').verdict).toBe(
      'unknown',
    );
    const scan = { at: ago(90_000), databaseNewest: ago(60), databaseSyncedAt: ago(60), databaseDigest: 'x' };
    expect(judge(documents, with_([report([])], { scan }))('scan-fresh').verdict).toBe('unknown');
    expect(judge(documents, with_([report([])], { scan: undefined }))('scan-fresh').verdict).toBe('unknown');
  });
});
