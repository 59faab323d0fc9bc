import { describe, expect, test } from 'vitest';
import type { JudgedArtifact } from '../../../../domain/policy/gate.ts';
import type { LicenceClaim } from '../../../../domain/sbom/component.ts';
import { judge } from './judge-gate.ts';
import { createJudged, createPlatform } from './judged-artifact.ts';

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
    ['AGPL-3.0', 'AGPL-3.0-only', 'fail'],
    ['gpl-2.0', 'GPL-2.0-only', 'fail'],
    ['GPL-2.0', 'GPL-2.0-or-later', 'pass'],
    ['GPL-3.0+', 'GPL-3.0-or-later', 'fail'],
    ['GPL-3.0+', 'GPL-3.0+', 'fail'],
    ['GPL-3.0-or-later', 'GPL-3.0+', 'fail'],
    ['CDDL-1.0+', 'CDDL-1.0', 'pass'],
    ['CDDL-1.0+', 'CDDL-1.0+', 'fail'],
  ])('an entry has the spellings of a licence: %s denies %s: %s', (entry, text, verdict) => {
    expect(judge(`{gate: licences, deny: ['${entry}']}`, withClaims(expression(text))).verdict).toBe(verdict);
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
