import { describe, expect, test } from 'vitest';
import type { JudgedArtifact } from '../../../../domain/policy/gate.ts';
import { judge, type Row, rejected } from './judge-gate.ts';
import { createJudged, createProvenance, digestOf, keyIds } from './judged-artifact.ts';

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
    ['our own', judged(createProvenance({ origin: 'own' })), 'fail', /1 refused: OWN_EVIDENCE\)/],
    ['not verified', judged(createProvenance({ verification: rejected })), 'fail', /1 refused: SIGNATURE_INVALID\)/],
    [
      'the key of one, the id of another',
      judged(claims({ builderId: 'https://release.example' })),
      'fail',
      /1 refused: BUILDER_MISMATCH\)/,
    ],
    [
      'the id of one, the key of another',
      judged(createProvenance({ keyId: keyIds.release })),
      'fail',
      /1 refused: BUILDER_MISMATCH\)/,
    ],
    ['a trusted builder that this gate does not name', judged(release), 'fail', /1 refused: BUILDER_NOT_ACCEPTED\)/],
    [
      'a revoked builder',
      judged(createProvenance({ keyId: keyIds.old, provenance: { ...facts, builderId: 'https://old.example' } })),
      'fail',
      /1 refused: BUILDER_REVOKED\)/,
    ],
    [
      'a builder an incident revoked',
      createJudged({ evidence: [createProvenance()], revoked: ['https://ci.example/main'] }),
      'fail',
      /1 refused: BUILDER_REVOKED\)/,
    ],
    [
      'a key an incident revoked',
      createJudged({ evidence: [createProvenance()], revoked: [`key:${keyIds.ci}`] }),
      'fail',
      /1 refused: SIGNER_REVOKED\)/,
    ],
    [
      'about a child',
      judged({ ...createProvenance(), subject: digestOf('child') }),
      'fail',
      /1 refused: SUBJECT_MISMATCH\)/,
    ],
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
