import { describe, expect, test } from 'vitest';
import { toJudged } from '../../../../domain/advisory/report/judged-report.ts';
import type { ReportedFinding } from '../../../../domain/advisory/report/scanner-report.ts';
import type { EnvironmentPolicy } from '../../../../domain/policy/document.ts';
import type { GateOutcome, GateVerdict, JudgedArtifact } from '../../../../domain/policy/gate.ts';
import { evaluateGate } from '../../../../domain/policy/gates/gates.ts';
import type { LicenceClaim } from '../../../../domain/sbom/component.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import {
  ago,
  createEvidence,
  createFinding,
  createJudged,
  createPlatform,
  createPolicy,
  createProvenance,
  digestOf,
  keyIds,
  now,
} from './judged-artifact.ts';

function judge(gate: string, judged: JudgedArtifact, more = ''): GateOutcome {
  const policy = createPolicy([gate], more);
  const environment = policy.document.environments[0] as EnvironmentPolicy;
  return evaluateGate(environment.gates[0]!, judged, { policy, now, environment: environment.name });
}

type Row = readonly [what: string, judged: JudgedArtifact, verdict: GateVerdict, reason: RegExp];
const rejected = { outcome: 'rejected', code: 'SIGNATURE_INVALID', reason: 'the signature is wrong' } as const;

describe('digest', () => {
  test.each<Row>([
    ['the same bytes', createJudged(), 'pass', /gives sha256:/],
    ['other bytes', createJudged({ observedDigest: digestOf('other') }), 'fail', /where sha256:.* was judged/],
    ['gone', createJudged({ observedDigest: undefined }), 'unknown', /no longer has shop\/web@sha256:/],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge('{gate: digest}', judged)).toMatchObject({
      gate: 'digest',
      verdict,
      reason: expect.stringMatching(reason),
    });
  });
});

describe('signature', () => {
  const gate = '{gate: signature, signers: [release]}';
  const good = createEvidence({ keyId: keyIds.release });
  test.each<Row>([
    ['by a named signer', createJudged({ evidence: [good] }), 'pass', /signed by signer "release"/],
    [
      'a flood of others hides nothing',
      createJudged({
        evidence: [...Array.from({ length: 200 }, () => createEvidence({ verification: rejected })), good],
      }),
      'pass',
      /release/,
    ],
    ['nothing', createJudged(), 'fail', /accepted: release; nothing is signed/],
    [
      'by our own key',
      createJudged({ evidence: [createEvidence({ keyId: keyIds.release, origin: 'own' })] }),
      'fail',
      /1 refused/,
    ],
    ['by another signer', createJudged({ evidence: [createEvidence({ keyId: keyIds.ci })] }), 'fail', /1 refused/],
    ['by a stranger', createJudged({ evidence: [createEvidence({ keyId: keyIds.stranger })] }), 'fail', /1 refused/],
    [
      'by a certificate',
      createJudged({
        evidence: [
          createEvidence({
            verification: { outcome: 'verified', identity: { kind: 'certificate', subject: 'release', issuer: 'x' } },
          }),
        ],
      }),
      'fail',
      /1 refused/,
    ],
    ['not verified', createJudged({ evidence: [createEvidence({ verification: rejected })] }), 'fail', /1 refused/],
    ['by a revoked key', createJudged({ evidence: [good], revoked: [`key:${keyIds.release}`] }), 'fail', /1 refused/],
    [
      'on a child of the index',
      createJudged({ evidence: [{ ...good, subject: digestOf('child') }] }),
      'fail',
      /1 refused/,
    ],
    [
      'another statement by the signer',
      createJudged({ evidence: [createEvidence({ keyId: keyIds.release, predicateType: predicateTypes.vsa })] }),
      'fail',
      /nothing is signed/,
    ],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  describe('of a classical and a post-quantum key', () => {
    const both = (signatures: string) => `{gate: signature, signers: [release, ci], signatures: ${signatures}}`;
    const by = (keyId: string, algorithm: 'classical' | 'post-quantum', digest: string) =>
      createEvidence({
        verification: { outcome: 'verified', identity: { kind: 'key', keyId }, signed: { algorithm, digest } },
      });
    const classical = by(keyIds.release, 'classical', 'a');
    const twin = by(keyIds.ci, 'post-quantum', 'a');
    test.each([
      ['all', 'both', [classical, twin], 'pass'],
      ['all', 'one that was stripped of its twin', [classical], 'fail'],
      ['all', 'the twin alone', [twin], 'fail'],
      ['all', 'a twin over another statement', [classical, by(keyIds.ci, 'post-quantum', 'b')], 'fail'],
      ['all', 'a twin by a stranger', [classical, by(keyIds.stranger, 'post-quantum', 'a')], 'fail'],
      ['all', 'records of before', [good], 'fail'],
      ['any', 'the twin alone', [twin], 'pass'],
      ['classical', 'the twin alone', [twin], 'fail'],
      ['classical', 'both', [classical, twin], 'pass'],
    ] as const)('%s: %s', (signatures, _, evidence, verdict) => {
      expect(judge(both(signatures), createJudged({ evidence }))).toMatchObject({ verdict });
    });
  });

  test('rests on the signature, and says why others do not count', () => {
    expect(judge(gate, createJudged({ evidence: [good] })).evidence).toEqual([good.manifest]);
    const { details } = judge(
      gate,
      createJudged({
        evidence: [createEvidence({ keyId: keyIds.stranger }), createEvidence({ verification: rejected })],
      }),
    );
    expect(details[0]).toContain(`signed by unlisted key:${keyIds.stranger}, whom this gate does not accept`);
    expect(details[1]).toContain('rejected (SIGNATURE_INVALID): the signature is wrong');
  });

  test('without names, any signer of the policy', () => {
    expect(judge('{gate: signature}', createJudged({ evidence: [createEvidence({ keyId: keyIds.ci })] })).verdict).toBe(
      'pass',
    );
    expect(
      judge('{gate: signature}', createJudged({ evidence: [createEvidence({ keyId: keyIds.stranger })] })).verdict,
    ).toBe('fail');
  });
});

describe('provenance', () => {
  const gate = '{gate: provenance, builders: [ci, nightly]}';
  const facts = createProvenance().provenance!;
  const claims = (part: Partial<typeof facts>) => createProvenance({ provenance: { ...facts, ...part } });
  const release = createProvenance({
    keyId: keyIds.release,
    provenance: { ...facts, builderId: 'https://release.example' },
  });
  const judged = (...evidence: JudgedArtifact['evidence']) => createJudged({ evidence });
  test.each<Row>([
    [
      'by a trusted builder',
      judged(createProvenance()),
      'pass',
      /^built by "ci" from https:\/\/git.example\/shop\/web at a{40}$/,
    ],
    [
      'by a retiring builder',
      judged(claims({ builderId: 'https://ci.example/nightly' })),
      'pass',
      /"nightly" \(retiring\)/,
    ],
    ['SLSA v0.2', judged({ ...createProvenance(), predicateType: 'https://slsa.dev/provenance/v0.2' }), 'pass', /"ci"/],
    [
      'nothing',
      judged(),
      'fail',
      /no provenance by a trusted builder \(accepted: ci, nightly; there is no provenance\)/,
    ],
    ['our own', judged(createProvenance({ origin: 'own' })), 'fail', /1 refused/],
    ['not verified', judged(createProvenance({ verification: rejected })), 'fail', /1 refused/],
    [
      'the key of one, the id of another',
      judged(claims({ builderId: 'https://release.example' })),
      'fail',
      /1 refused/,
    ],
    ['the id of one, the key of another', judged(createProvenance({ keyId: keyIds.release })), 'fail', /1 refused/],
    ['a trusted builder that this gate does not name', judged(release), 'fail', /1 refused/],
    [
      'a revoked builder',
      judged(createProvenance({ keyId: keyIds.old, provenance: { ...facts, builderId: 'https://old.example' } })),
      'fail',
      /1 refused/,
    ],
    [
      'a builder an incident revoked',
      createJudged({ evidence: [createProvenance()], revoked: ['https://ci.example/main'] }),
      'fail',
      /1 refused/,
    ],
    [
      'a key an incident revoked',
      createJudged({ evidence: [createProvenance()], revoked: [`key:${keyIds.ci}`] }),
      'fail',
      /1 refused/,
    ],
    ['about a child', judged({ ...createProvenance(), subject: digestOf('child') }), 'fail', /1 refused/],
    ['a predicate nobody could read', judged(withoutFacts()), 'unknown', /could not be read/],
    ['two builders, one commit', judged(createProvenance(), release), 'pass', /"ci"/],
    ['two commits', judged(createProvenance(), claims({ commit: 'b'.repeat(40) })), 'unknown', /2 different commits/],
    [
      'two commits, one by a builder this gate does not name',
      judged(createProvenance(), { ...release, provenance: { ...release.provenance!, commit: 'b'.repeat(40) } }),
      'unknown',
      /2 different commits/,
    ],
    [
      'another commit by a stranger',
      judged(
        createProvenance(),
        createProvenance({ keyId: keyIds.stranger, provenance: { ...facts, commit: 'b'.repeat(40) } }),
      ),
      'pass',
      /"ci"/,
    ],
  ])('%s', (_what, artifact, verdict, reason) => {
    expect(judge(gate, artifact)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  function withoutFacts() {
    const { provenance: _, ...record } = createProvenance();
    return record;
  }

  const sourced = 'sources: [{repository: "shop/*", git: "https://git.example/shop/web", builder: ci}]\n';
  const withSources = '{gate: provenance, sources: ["https://git.example/shop/*"]}';
  test.each([
    ['the source of the repository', '{gate: provenance}', sourced, {}, 'pass', /built by/],
    [
      'another source than the repository has',
      '{gate: provenance}',
      sourced,
      { sourceRepository: 'https://git.example/evil/web' },
      'fail',
      /from https:\/\/git.example\/evil\/web at .*; the policy wants https:\/\/git.example\/shop\/web/,
    ],
    [
      'no source where one is wanted',
      '{gate: provenance}',
      sourced,
      { sourceRepository: undefined },
      'unknown',
      /no provenance names its source/,
    ],
    ['a source the gate lists', withSources, '', {}, 'pass', /built by/],
    [
      'a source deeper than the gate lists',
      withSources,
      '',
      { sourceRepository: 'https://git.example/shop/a/b' },
      'fail',
      /the policy wants/,
    ],
    [
      'a host that only begins alike',
      withSources,
      '',
      { sourceRepository: 'https://git.example.evil/shop/web' },
      'fail',
      /the policy wants/,
    ],
    [
      'a user name that looks like the host',
      withSources,
      '',
      { sourceRepository: 'https://git.example@evil.example/shop/web' },
      'fail',
      /evil.example/,
    ],
  ] as const)('%s', (_what, rule, more, part, verdict, reason) => {
    const { sourceRepository: _, ...bare } = facts;
    const provenance = 'sourceRepository' in part && part.sourceRepository === undefined ? bare : { ...facts, ...part };
    const outcome = judge(
      rule,
      createJudged({ evidence: [createProvenance({ provenance: provenance as typeof facts })] }),
      more,
    );
    expect(outcome).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  const tagged = { ref: 'refs/tags/v1.2.0', entryPoint: '.github/workflows/release.yml' };
  const hosted = { slsaBuildLevel: 1, levelLimits: [{ level: 1 as const, reason: 'built on a self-hosted runner' }] };
  test.each([
    ['the ref that is pinned', 'refs: ["refs/tags/v*"]', tagged, 'pass', /built by/],
    ['another ref', 'refs: [refs/heads/main]', tagged, 'fail', /its ref is refs\/tags\/v1.2.0/],
    ['no ref', 'refs: [refs/heads/main]', {}, 'unknown', /it names no ref/],
    ['the entry point', 'entryPoints: [.github/workflows/release.yml]', tagged, 'pass', /built by/],
    ['another entry point', 'entryPoints: [.github/workflows/ci.yml]', tagged, 'fail', /its entry point is/],
    ['the commit', `commits: [${facts.commit}]`, {}, 'pass', /built by/],
    ['another commit', `commits: [${'b'.repeat(40)}]`, {}, 'fail', /its commit is/],
    ['the level that is granted', 'level: 2', {}, 'pass', /built by/],
    ['more than is granted', 'level: 3', {}, 'fail', /level 2, not 3: the policy grants builder "ci" no more/],
    ['less than is granted', 'level: 2', hosted, 'fail', /level 1, not 2: built on a self-hosted runner/],
    ['hermetic', 'hermetic: true', { hermetic: true }, 'pass', /built by/],
    ['not hermetic', 'hermetic: true', { hermetic: false }, 'fail', /was not hermetic/],
    ['no word of it', 'hermetic: true', {}, 'unknown', /nothing says that its build was hermetic/],
    ['reproducible', 'reproducible: true', { reproducible: true }, 'pass', /built by/],
    ['no word of that', 'reproducible: true', { hermetic: true }, 'unknown', /was reproducible/],
  ] as const)('pinned: %s', (_what, pin, part, verdict, reason) => {
    const outcome = judge(`{gate: provenance, ${pin}}`, judged(claims(part)));
    expect(outcome).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  test('what passes says its level, and why it is no higher', () => {
    const { details } = judge('{gate: provenance}', judged(claims(hosted)));
    expect(details).toEqual([
      'SLSA Build level 1',
      'not above level 1: built on a self-hosted runner',
      'not above level 2: the policy grants builder "ci" no more',
    ]);
  });

  test('one trusted provenance from elsewhere is not outvoted by another', () => {
    const elsewhere = claims({ sourceRepository: 'https://git.example/evil/web' });
    expect(judge('{gate: provenance}', judged(createProvenance(), elsewhere), sourced).verdict).toBe('fail');
  });
});

describe('what is not known is unknown, in every gate that asks about contents', () => {
  const gates = [
    '{gate: sbom, minimumComponents: 0}',
    '{gate: vulnerabilities, severity: low}',
    '{gate: licences, deny: [AGPL-*]}',
  ];
  const cases: readonly Row[] = [
    ['no platform', createJudged({ platforms: [] }), 'unknown', /no stock was taken/],
    ['a failure', createJudged({ platforms: [], failure: 'layer 3 is truncated' }), 'unknown', /layer 3 is truncated/],
    ['a failure besides stock', createJudged({ failure: 'arm64 is gone' }), 'unknown', /arm64 is gone/],
    [
      'an incomplete platform',
      createJudged({
        platforms: [
          createPlatform(),
          createPlatform({ platform: 'linux/arm64', complete: false, unreadable: ['var/lib/dpkg/status: too large'] }),
        ],
      }),
      'unknown',
      /linux\/arm64 .*incomplete/,
    ],
  ];
  test.each(gates.flatMap((gate) => cases.map((row) => [gate, ...row] as const)))(
    '%s: %s',
    (gate, _what, judged, verdict, reason) => {
      expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
    },
  );

  test('names the file that could not be read', () => {
    expect(judge(gates[0]!, cases[3]![1]).details).toEqual([
      'linux/arm64: could not read var/lib/dpkg/status: too large',
    ]);
  });
});

describe('sbom', () => {
  test.each<Row>([
    ['components', createJudged(), 'pass', /1 components in linux\/amd64/],
    [
      'none',
      createJudged({ platforms: [createPlatform({ componentCount: 0, licences: [] })] }),
      'unknown',
      /0 components .*at least 1 expected/,
    ],
    [
      'one empty platform of two',
      createJudged({ platforms: [createPlatform(), createPlatform({ platform: 'linux/arm64', componentCount: 0 })] }),
      'unknown',
      /0 components found in linux\/arm64/,
    ],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge('{gate: sbom}', judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  test('an image of nothing passes only where the policy says that it may', () => {
    const empty = createJudged({ platforms: [createPlatform({ componentCount: 0, licences: [] })] });
    expect(judge('{gate: sbom, minimumComponents: 0}', empty).verdict).toBe('pass');
  });
});

describe('scan-fresh', () => {
  const scan = createJudged().scan!;
  const scanned = (part: Partial<typeof scan>) => createJudged({ scan: { ...scan, ...part } });
  const feed = (ecosystem: string, seconds: number) => ({ ecosystem, at: ago(seconds) });
  test.each<Row>([
    ['fresh', createJudged(), 'pass', /scanned 60 s ago against advisories 60 min old/],
    ['at the limit', scanned({ at: ago(3600) }), 'pass', /60 min ago/],
    ['over the limit', scanned({ at: ago(3601) }), 'unknown', /scan again/],
    ['never', createJudged({ scan: undefined }), 'unknown', /never scanned/],
    ['failed', createJudged({ failure: 'out of memory' }), 'unknown', /out of memory/],
    [
      'advisories too old',
      scanned({ databaseSyncedAt: ago(90_000) }),
      'unknown',
      /advisories are 25 h old, at most 24 h/,
    ],
    [
      'never synced: the newest record counts',
      scanned({ databaseSyncedAt: undefined, databaseNewest: ago(90_000) }),
      'unknown',
      /25 h old/,
    ],
    [
      'advisories of unknown age',
      scanned({ databaseSyncedAt: undefined, databaseNewest: undefined }),
      'unknown',
      /advisories sync/,
    ],
    [
      'one of the feeds it needs too old',
      scanned({ feeds: [feed('npm', 60), feed('Debian', 90_000)] }),
      'unknown',
      /^the advisories of Debian are 25 h old, at most 24 h/,
    ],
    [
      'one of the feeds it needs of unknown age',
      scanned({ feeds: [feed('npm', 60), { ecosystem: 'Maven', at: undefined }] }),
      'unknown',
      /^the age of the advisories of Maven is not known/,
    ],
    [
      'the feeds it needs young, whatever others are',
      scanned({ databaseSyncedAt: ago(90_000), feeds: [feed('npm', 60), feed('Debian', 3600)] }),
      'pass',
      /advisories 60 min old \(of the feeds it needs, Debian is the oldest\)/,
    ],
    ['from the future', scanned({ at: ago(-3600) }), 'unknown', /cannot be right/],
    ['no time at all', scanned({ at: 'yesterday' }), 'unknown', /cannot be right/],
    ['two clocks that differ a little', scanned({ at: ago(-60) }), 'pass', /0 s ago/],
  ])('%s', (_what, judged, verdict, reason) => {
    const gate = '{gate: scan-fresh, maximumAge: PT1H, databaseMaximumAge: P1D}';
    expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });
});

const pick = ({ platforms }: JudgedArtifact) => ({ platforms });

describe('vulnerabilities', () => {
  const gate = '{gate: vulnerabilities, severity: high}';
  const withFindings = (...findings: ReturnType<typeof createFinding>[]) =>
    createJudged({ platforms: [createPlatform({ findings })] });
  const undecided = createJudged({
    platforms: [
      createPlatform({
        undecided: [{ purl: 'pkg:deb/debian/x@!', advisory: 'DSA-1', reason: 'the version cannot be read' }],
      }),
    ],
  });
  test.each<Row>([
    ['none', createJudged(), 'pass', /^no vulnerability at or above high$/],
    ['below', withFindings(createFinding({ severity: 'medium' })), 'pass', /1 below/],
    [
      'at',
      withFindings(createFinding()),
      'fail',
      /^1 vulnerability at or above high: high GHSA-29mw-wpgm-hmr9 in lodash 4.17.20 \(fixed in 4.17.21\)$/,
    ],
    [
      'above, named first',
      withFindings(
        createFinding(),
        createFinding({
          severity: 'critical',
          advisory: 'CVE-2021-44228',
          name: 'log4j-core',
          version: '2.14.1',
          fixedIn: '2.15.0',
        }),
      ),
      'fail',
      /2 vulnerabilities at or above high: critical CVE-2021-44228 in log4j-core 2.14.1 \(fixed in 2.15.0\) and others/,
    ],
    [
      'of unknown severity',
      withFindings(createFinding({ severity: 'unknown' })),
      'unknown',
      /1 matches could not be decided: unknown GHSA/,
    ],
    [
      'attacked, below the severity',
      withFindings(createFinding({ severity: 'low', kev: { added: '2026-01-01', ransomware: false } })),
      'pass',
      /1 below/,
    ],
    ['undecided', undecided, 'unknown', /undecided: pkg:deb\/debian\/x@!, DSA-1: the version cannot be read/],
    [
      'bad and incomplete: bad wins',
      createJudged({ platforms: [createPlatform({ complete: false, findings: [createFinding()] })] }),
      'fail',
      /lodash/,
    ],
    ['no scan', createJudged({ scan: undefined }), 'unknown', /never scanned/],
  ])('%s', (_what, judged, verdict, reason) => {
    expect(judge(gate, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  test('says which component, which layer and path, which advisory, fixed where', () => {
    expect(judge(gate, withFindings(createFinding())).details).toEqual([
      `high GHSA-29mw-wpgm-hmr9 (CVE-2020-28500): lodash 4.17.20, in layer ${digestOf('layer').slice(0, 19)} app/node_modules/lodash/package.json, fixed in 4.17.21 [linux/amd64]`,
    ]);
  });

  test('one vulnerability in two platforms is one vulnerability', () => {
    const findings = [createFinding()];
    const judged = createJudged({
      platforms: [createPlatform({ findings }), createPlatform({ platform: 'linux/arm64', findings })],
    });
    expect(judge(gate, judged).reason).toMatch(/^1 vulnerability /);
    expect(judge(gate, judged).details).toHaveLength(2);
  });

  const exception = (text: string) => `{gate: vulnerabilities, severity: high, exceptions: [{reason: x, ${text}}]}`;
  test.each([
    ['by id', 'advisory: GHSA-29mw-wpgm-hmr9, expires: 2000-01-11', 'pass'],
    ['by alias', 'advisory: CVE-2020-28500, expires: 2000-01-11', 'pass'],
    ['to the end of its day', 'advisory: CVE-2020-28500, expires: 2000-01-10', 'pass'],
    ['over since yesterday', 'advisory: CVE-2020-28500, expires: 2000-01-09', 'fail'],
    ['over at this instant', 'advisory: CVE-2020-28500, expires: 2000-01-10T00:00:00Z', 'fail'],
    ['for this purl', 'advisory: CVE-2020-28500, purl: "pkg:npm/lodash@4.17.20", expires: 2000-01-11', 'pass'],
    ['for every version of it', 'advisory: CVE-2020-28500, purl: pkg:npm/lodash, expires: 2000-01-11', 'pass'],
    ['for another component', 'advisory: CVE-2020-28500, purl: pkg:npm/lodash-es, expires: 2000-01-11', 'fail'],
    ['for another advisory', 'advisory: CVE-2020-28501, expires: 2000-01-11', 'fail'],
  ])('an exception %s', (_what, text, verdict) => {
    expect(judge(exception(text), withFindings(createFinding())).verdict).toBe(verdict);
  });

  test('an exception stays visible, an expired one is named', () => {
    expect(
      judge(exception('advisory: CVE-2020-28500, expires: 2000-01-11'), withFindings(createFinding())),
    ).toMatchObject({
      reason: expect.stringMatching(/1 let through by exception/),
      details: [expect.stringMatching(/let through until 2000-01-11: x$/)],
    });
    const { details } = judge(
      exception('advisory: CVE-2020-28500, expires: 2000-01-09'),
      withFindings(createFinding()),
    );
    expect(details[0]).toMatch(/its exception ended 2000-01-09$/);
  });

  test.each(['DSA-1', 'undecided'])('an exception for %s lets an undecided match through', (advisory) => {
    expect(judge(exception(`advisory: ${advisory}, expires: 2000-01-11`), undecided).verdict).toBe('pass');
  });

  test('at most fifty lines, none with an escape sequence', () => {
    const findings = Array.from({ length: 120 }, (_, i) =>
      createFinding({ advisory: `CVE-${i}`, name: '\u001b[2J\nlodash' }),
    );
    const { details, reason } = judge(gate, withFindings(...findings));
    expect(details).toHaveLength(50);
    expect(details.at(-1)).toBe('and 71 more');
    expect(`${reason}${details.join('')}`).not.toMatch(/\p{Cc}/u);
  });

  test.each<[what: string, finding: object, verdict: string]>([
    ['attacked, of low severity', { severity: 'low', kev: { added: '2026-01-01', ransomware: false } }, 'fail'],
    ['attacked, of unknown severity', { severity: 'unknown', kev: { added: '2026-01-01', ransomware: false } }, 'fail'],
    ['likely to be attacked only', { severity: 'low', epss: { score: 0.9, percentile: 0.99 } }, 'pass'],
  ])('with knownExploited: %s', (_, finding, verdict) => {
    const rule = '{gate: vulnerabilities, severity: high, knownExploited: true}';
    expect(judge(rule, withFindings(createFinding(finding)))).toMatchObject({ verdict });
  });

  const theirs = (severity: 'low' | 'high' | 'unknown', more: Partial<ReportedFinding> = {}) =>
    toJudged({
      ...{ ids: ['CVE-2021-1', 'GHSA-1'], purl: 'pkg:npm/lodash@4.17.20', name: 'lodash', version: '4.17.20' },
      ...{ severity, fixedIn: [] },
      ...more,
    });
  const reported = (...findings: ReturnType<typeof theirs>[]) =>
    createJudged({
      platforms: [createPlatform({ findings: [createFinding({ severity: 'low' })] })],
      reports: [{ digest: digestOf('report'), scanner: 'grype 1', about: createJudged().key.digest, findings }],
    });
  const asked = (more = '') => `{gate: vulnerabilities, severity: high, reports: high${more}}`;
  test.each<[what: string, judged: JudgedArtifact, verdict: GateVerdict, reason: RegExp, rule?: string]>([
    ['at the severity', reported(theirs('high')), 'unknown', /grype 1 reports .*: high CVE-2021-1 in lodash 4.17.20$/],
    ['of unknown severity', reported(theirs('unknown')), 'unknown', /unknown CVE-2021-1/],
    ['below', reported(theirs('low')), 'pass', /1 below/],
    ['that we have, too', reported(theirs('high', { ids: ['CVE-2020-28500'] })), 'pass', /1 below/],
    ['where nobody asks', reported(theirs('high')), 'pass', /1 below/, gate],
    [
      'with an exception',
      reported(theirs('high')),
      'pass',
      /1 let through by exception/,
      asked(', exceptions: [{advisory: GHSA-1, reason: x, expires: 2000-01-11}]'),
    ],
    ['beside what is bad', { ...reported(theirs('high')), ...pick(withFindings(createFinding())) }, 'fail', /lodash/],
  ])('what another scanner reports, %s', (_, judged, verdict, reason, rule = asked()) => {
    expect(judge(rule, judged)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });
});

describe('licences', () => {
  const withClaims = (...licences: LicenceClaim[]) =>
    createJudged({ platforms: [createPlatform({ licences: [{ purl: 'pkg:npm/x@1', licences }] })] });
  const expression = (text: string): LicenceClaim => ({ kind: 'expression', expression: text });
  test.each([
    ['MIT', 'pass'],
    ['AGPL-3.0-only', 'fail'],
    ['AGPL-3.0-or-later', 'fail'],
    ['AGPL-3.0', 'fail'],
    ['MIT OR AGPL-3.0-only', 'pass'],
    ['MIT AND AGPL-3.0-only', 'fail'],
    ['AGPL-1.0-only OR AGPL-3.0-only', 'fail'],
    // AND binds closer than OR (SPDX 2.3, annex D.4.5).
    ['MIT OR AGPL-3.0-only AND BSD-3-Clause', 'pass'],
    ['(MIT OR AGPL-3.0-only) AND SSPL-1.0', 'fail'],
    ['GPL-2.0', 'fail'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'fail'],
    ['GPL-2.0+', 'pass'],
    ['GPL-2.0-or-later', 'pass'],
    ['LGPL-2.1-only', 'pass'],
  ])('%s: %s', (text, verdict) => {
    const outcome = judge("{gate: licences, deny: ['AGPL-*', SSPL-1.0, gpl-2.0-only]}", withClaims(expression(text)));
    expect(outcome.verdict).toBe(verdict);
  });

  test.each([
    ['what the source says is not understood', { kind: 'unresolved', text: 'see LICENSE' }],
    ['an expression that is none', expression('MIT AND')],
    ['an expression without end', expression(`${'('.repeat(100_000)}MIT`)],
  ] satisfies [string, LicenceClaim][])('%s', (_what, claim) => {
    expect(judge('{gate: licences, deny: [AGPL-*]}', withClaims(claim)).verdict).toBe('pass');
    expect(judge('{gate: licences, deny: [AGPL-*], unresolved: unknown}', withClaims(claim)).verdict).toBe('unknown');
  });

  test('no licence at all counts as not understood', () => {
    expect(judge('{gate: licences, deny: [AGPL-*], unresolved: unknown}', withClaims()).verdict).toBe('unknown');
    const unlisted = createJudged({ platforms: [createPlatform({ componentCount: 2 })] });
    expect(judge('{gate: licences, deny: [AGPL-*], unresolved: unknown}', unlisted).verdict).toBe('unknown');
    expect(judge('{gate: licences, deny: [AGPL-*]}', unlisted).reason).toMatch(/some are not known/);
  });

  test('text that is word for word a denied licence is denied', () => {
    expect(
      judge('{gate: licences, deny: [Commercial]}', withClaims({ kind: 'unresolved', text: 'commercial' })).verdict,
    ).toBe('fail');
  });

  test('every claim holds, and the denied one is named with its component', () => {
    const outcome = judge(
      '{gate: licences, deny: [AGPL-*]}',
      withClaims(expression('MIT'), expression('AGPL-3.0-only')),
    );
    expect(outcome.details).toEqual(['pkg:npm/x@1: AGPL-3.0-only is denied (AGPL-*) [linux/amd64]']);
  });
});

test('a gate that breaks has not said yes', () => {
  const broken = { ...createJudged(), platforms: undefined } as unknown as JudgedArtifact;
  expect(judge('{gate: sbom}', broken)).toMatchObject({
    verdict: 'unknown',
    reason: expect.stringMatching(/could not be evaluated \(TypeError\)/),
  });
});
