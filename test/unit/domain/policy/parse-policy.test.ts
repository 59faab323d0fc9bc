import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import { PolicyError } from '../../../../domain/policy/policy-error.ts';
import { policyWarnings } from '../../../../domain/policy/policy-warnings.ts';
import { createPem, createPolicy, hashes, indent, keyIds, now, pems } from './judged-artifact.ts';

const environment = (name: string, more = '', repository = `${name}/{repository}`) =>
  `  - name: ${name}\n    repository: ${repository}\n    gates: [{gate: digest}]\n${more}`;
const policyText = (environments: string, more = '') =>
  `apiVersion: pratique.dev/v1\nkind: Policy\nversion: 1\nintake: {repositories: ['**']}\nenvironments:\n${environments}${more}`;
const signer = (name: string, pem: string) => `  - name: ${name}\n    publicKey: |\n${indent(pem, 6)}\n`;

function errorOf(text: string): PolicyError {
  try {
    parsePolicy(text, 'policy.yaml', hashes);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

describe('a valid policy', () => {
  test.each(['default.yaml', 'audit.yaml'])('infra/policies/%s', (name) => {
    const text = readFileSync(new URL(`../../../../infra/policies/${name}`, import.meta.url), 'utf8');
    const policy = parsePolicy(text, name, hashes);
    expect(policy.document.environments.map((entry) => entry.name)).toEqual(['dev', 'staging', 'prod']);
    expect(policy.digest).toBe(hashes.sha256(new TextEncoder().encode(text)));
    // The lists of a fresh installation are empty, and every warning says so.
    expect(policyWarnings(policy, text, now).map(({ message }) => message)).not.toContainEqual(
      expect.stringMatching(/expired|over/),
    );
  });

  test('the example of docs/policy.md, with a key in place of the dots', () => {
    const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
    const example = /```yaml\n(apiVersion[\s\S]*?)```/.exec(page)?.[1] ?? '';
    const text = example.replace(/ +-----BEGIN[\s\S]*?END PUBLIC KEY-----/, indent(pems.release, 6));
    expect(parsePolicy(text, 'policy.md', hashes).document.environments[1]).toMatchObject({
      name: 'prod',
      after: ['dev'],
      soak: 43_200,
      approvals: { required: 1, expiresAfter: 604_800 },
    });
  });

  test('durations become seconds, defaults are filled in, key ids are computed', () => {
    const policy = createPolicy(['{gate: scan-fresh, maximumAge: P1DT2H, databaseMaximumAge: PT90M}']);
    expect(policy.document.environments[0]?.gates[0]).toEqual({
      gate: 'scan-fresh',
      maximumAge: 93_600,
      databaseMaximumAge: 5400,
    });
    expect(policy.document.environments[0]).toMatchObject({ mode: 'enforce', after: [], freeze: [] });
    expect(policy.document.quarantineRepository).toBe('quarantine/{repository}');
    expect(policy.keyIds).toEqual({ ci: keyIds.ci, release: keyIds.release, old: keyIds.old });
  });

  test('survives JSON', () => {
    const policy = createPolicy();
    expect(JSON.parse(JSON.stringify(policy))).toEqual(policy);
  });
});

describe('every mistake has its place', () => {
  const dev = environment('dev');
  test.each([
    ['not YAML', 'a: [1\nb: 2\n', 'POLICY_SYNTAX', /^policy\.yaml:\d+:\d+: not valid YAML: /],
    ['a key twice', `${policyText(dev)}kind: Policy\n`, 'POLICY_SYNTAX', /^policy\.yaml:9:1: not valid YAML: .*unique/],
    ['two documents', `${policyText(dev)}---\na: 1\n`, 'POLICY_SYNTAX', /^policy\.yaml:9:1: /],
    ['an empty file', '', 'POLICY_SCHEMA', /^policy\.yaml:1:1: expected a mapping, got nothing$/],
    [
      'another version of the format',
      policyText(dev).replace('/v1', '/v2'),
      'POLICY_SCHEMA',
      /:1:13: apiVersion: expected "pratique.dev\/v1", not "pratique.dev\/v2"/,
    ],
    [
      'a missing key',
      policyText(dev).replace(/intake.*\n/, ''),
      'POLICY_SCHEMA',
      /:1:1: intake: is missing: expected a mapping$/,
    ],
    [
      'a misspelt key',
      policyText(dev, 'sigers: []\n'),
      'POLICY_SCHEMA',
      /:9:1: sigers: unknown key "sigers"; did you mean "signers"\?/,
    ],
    [
      'a misspelt key deep inside',
      policyText(dev.replace('{gate: digest}', '{gate: vulnerabilities, severety: high}')),
      'POLICY_SCHEMA',
      /:8:37: environments\[0\]\.gates\[0\]\.severety: unknown key "severety"; did you mean "severity"\?/,
    ],
    [
      'a key far from every other',
      policyText(dev, 'colour: red\n'),
      'POLICY_SCHEMA',
      /unknown key "colour"; known here: apiVersion, kind/,
    ],
    [
      'a misspelt gate',
      policyText(dev.replace('digest}', 'vulnerabilites}')),
      'POLICY_SCHEMA',
      /:8:20: environments\[0\]\.gates\[0\]\.gate: .*did you mean "vulnerabilities"\?/,
    ],
    [
      'a gate without its name',
      policyText(dev.replace('gate: digest', 'severity: high')),
      'POLICY_SCHEMA',
      /gates\[0\]\.gate: is missing: expected one of digest,/,
    ],
    [
      'a choice that is none',
      policyText(dev.replace('{gate: digest}', '{gate: vulnerabilities, severity: hihg}')),
      'POLICY_SCHEMA',
      /severity: expected one of low, medium, high, critical, not "hihg"; did you mean "high"\?/,
    ],
    [
      'a month as a duration',
      policyText(environment('dev', '    soak: P1M\n')),
      'POLICY_SCHEMA',
      /:9:11: environments\[0\]\.soak: expected an ISO 8601 duration/,
    ],
    [
      'text where a number belongs',
      policyText(dev).replace('version: 1', 'version: "1"'),
      'POLICY_SCHEMA',
      /:3:10: version: expected a number, got text/,
    ],
    [
      'too many approvals',
      policyText(environment('dev', '    approvals: {required: 11}\n')),
      'POLICY_SCHEMA',
      /:9:27: .*required: too big: at most 10/,
    ],
    [
      'no environment',
      policyText('').replace('environments:', 'environments: []'),
      'POLICY_SCHEMA',
      /environments: too short: at least 1 entries/,
    ],
    [
      'an environment twice',
      policyText(dev + environment('dev', '', 'other/{repository}')),
      'POLICY_REFERENCE',
      /:9:11: environments\[1\]\.name: environment "dev" is already environments\[0\]/,
    ],
    [
      'after nobody',
      policyText(dev + environment('prod', '    after: [stagin]\n') + environment('staging')),
      'POLICY_REFERENCE',
      /:12:13: .*after\[0\]: no environment "stagin"; did you mean "staging"\?/,
    ],
    [
      'after itself',
      policyText(environment('dev', '    after: [dev]\n')),
      'POLICY_REFERENCE',
      /"dev" cannot come after itself/,
    ],
    [
      'a circle',
      policyText(dev + environment('a', '    after: [b]\n') + environment('b', '    after: [a]\n')),
      'POLICY_REFERENCE',
      /in a circle \(a after b after a\)/,
    ],
    [
      'soak with nothing before',
      policyText(environment('dev', '    soak: PT1H\n')),
      'POLICY_REFERENCE',
      /nothing comes before "dev"/,
    ],
    [
      'an incident of findings where nothing is',
      policyText(dev, 'findingIncidents: [{on: malicious-package, environments: [prd]}]\n'),
      'POLICY_REFERENCE',
      /"prd"/,
    ],
    [
      'two environments in one repository',
      policyText(dev + environment('prod', '', 'dev/{repository}')),
      'POLICY_REFERENCE',
      /:10:17: .*can name the same repository/,
    ],
    [
      'templates that can meet',
      policyText(dev + environment('prod', '', 'dev/eu/{repository}')),
      'POLICY_REFERENCE',
      /can name the same repository/,
    ],
    [
      'prefix against suffix',
      policyText(dev + environment('prod', '', '"{repository}-prod"')),
      'POLICY_REFERENCE',
      /can name the same repository/,
    ],
    [
      'an environment in the quarantine',
      policyText(environment('dev', '', 'quarantine/{repository}')),
      'POLICY_REFERENCE',
      /:1:1: quarantineRepository: .*can name the same repository/,
    ],
    [
      'the pushed repository itself',
      policyText(environment('dev', '', '"{repository}"')),
      'POLICY_REFERENCE',
      /must differ from the repository that is pushed to/,
    ],
    [
      'a template no registry takes',
      policyText(environment('dev', '', 'Dev/{repository}')),
      'POLICY_REFERENCE',
      /expected lower-case letters/,
    ],
    [
      'an unknown signer',
      policyText(dev.replace('digest}', 'signature, signers: [ci]}')),
      'POLICY_REFERENCE',
      /signers\[0\]: no signer "ci" \(this policy lists none\)/,
    ],
    [
      'an unknown builder',
      policyText(dev.replace('digest}', 'provenance, builders: [ci]}')),
      'POLICY_REFERENCE',
      /builders\[0\]: no builder "ci"/,
    ],
    [
      'a builder without its signer',
      policyText(dev, 'builders: [{name: ci, id: x, signer: ci, level: 1}]\n'),
      'POLICY_REFERENCE',
      /:9:38: builders\[0\]\.signer: no signer "ci"/,
    ],
    [
      'a source without its builder',
      policyText(dev, 'sources: [{repository: "**", git: /srv/git, builder: ci}]\n'),
      'POLICY_REFERENCE',
      /sources\[0\]\.builder: no builder "ci"/,
    ],
    [
      'a star inside a licence',
      policyText(dev.replace('digest}', "licences, deny: ['A*L']}")),
      'POLICY_REFERENCE',
      /deny\[0\]: expected a licence id/,
    ],
    [
      'a freeze that ends first',
      policyText(
        environment('dev', '    freeze: [{from: 2001-01-02T00:00:00Z, to: 2001-01-01T00:00:00Z, reason: x}]\n'),
      ),
      'POLICY_REFERENCE',
      /before it begins/,
    ],
    [
      'a reminder after the end',
      policyText(environment('dev', '    approvals: {required: 1, expiresAfter: PT1H}\n')),
      'POLICY_REFERENCE',
      /reminder would come after/,
    ],
    [
      'a scan of no age',
      policyText(dev.replace('digest}', 'scan-fresh, maximumAge: PT0S, databaseMaximumAge: P1D}')),
      'POLICY_REFERENCE',
      /no scan is 0 seconds old/,
    ],
  ])('%s', (_what, text, code, message) => {
    const error = errorOf(text);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('all at once, in the order of the file', () => {
    const error = errorOf(policyText(dev, 'a1: 1\nb2: 2\n').replace('kind: Policy', 'kind: Polizy'));
    expect(error.problems.map(({ line }) => line)).toEqual([2, 9, 10]);
  });

  test('no more than twenty lines, and a count of the rest', () => {
    const error = errorOf(policyText(dev, Array.from({ length: 30 }, (_, i) => `zzz${i}: 1\n`).join('')));
    expect(error.message.split('\n')).toHaveLength(21);
    expect(error.message).toMatch(/and 10 more$/);
    expect(error.problems).toHaveLength(30);
  });

  test('through an alias, the place is where the text stands', () => {
    const gates = '&g\n      - {gate: signature, signers: [nobody]}\n';
    const text = policyText(
      `  - name: a\n    repository: a/{repository}\n    gates: ${gates}  - name: b\n    repository: b/{repository}\n    gates: *g\n`,
    );
    expect(errorOf(text).problems.map(({ line, column }) => [line, column])).toEqual([
      [9, 37],
      [9, 37],
    ]);
  });
});

describe('hostile files', () => {
  test.each([
    ['over a mebibyte', 'a'.repeat(1_048_577), 'POLICY_TOO_LARGE'],
    ['nested without end', '['.repeat(100_000), 'POLICY_SYNTAX'],
    [
      'an alias bomb',
      `a: &a [${'1,'.repeat(50)}1]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${`*${'abcdefghi'[i]},`.repeat(10)}]`).join('\n')}\n`,
      'POLICY_SYNTAX',
    ],
    ['an alias without anchor', 'a: *nothing\n', 'POLICY_SYNTAX'],
  ])('%s', (_what, text, code) => {
    expect(errorOf(text).code).toBe(code);
  });
});

describe('public keys', () => {
  const dev = environment('dev');
  const cut = createPem().replace(/.{8}\n-----END/, '\n-----END');
  test.each([
    ['cut short', cut, /:11:16: signers\[0\]\.publicKey: public key of "ci": not a SubjectPublicKeyInfo/],
    ['without its end', createPem().replace(/-----END.*/, ''), /not one PEM block/],
    ['two blocks', createPem() + createPem(), /not one PEM block/],
    [
      'a SEQUENCE that is no key',
      '-----BEGIN PUBLIC KEY-----\nMAMCAQE=\n-----END PUBLIC KEY-----\n',
      /not a key that can verify/,
    ],
  ])('%s', (_what, pem, message) => {
    expect(errorOf(policyText(dev, `signers:\n${signer('ci', pem)}`)).message).toMatch(message);
  });

  test('one key under two names', () => {
    const text = policyText(dev, `signers:\n${signer('ci', pems.ci)}${signer('again', pems.ci)}`);
    expect(errorOf(text).message).toMatch(/public key of "again": the same key as "ci"/);
  });

  test('one that is listed for two domains is refused, with the sentence', () => {
    const of = (domain: string) => `    domain: ${domain}\n`;
    const twice = (first: string, second: string) =>
      policyText(dev, `signers:\n${signer('ci', pems.ci)}${of(first)}${signer('again', pems.ci)}${of(second)}`);
    expect(errorOf(twice('images', 'packages')).message).toMatch(
      /it signs images as "ci": a key is for one of images, packages and documents; make another one/,
    );
    expect(errorOf(twice('images', 'images')).message).toMatch(/the same key as "ci"/);
  });

  test('a private key is named for what it is, and not shown', () => {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
    const { message } = errorOf(policyText(dev, `signers:\n${signer('ci', pem)}`));
    expect(message).toMatch(/expected a PEM public key/);
    expect(message).not.toContain(pem.split('\n')[1]);
  });
});

test('warnings: what no longer does anything, at its place', () => {
  const text = policyText(
    `  - name: dev
    repository: dev/{repository}
    gates:
      - gate: vulnerabilities
        severity: high
        exceptions:
          - {advisory: CVE-1, reason: x, expires: 1999-12-31}
          - {advisory: CVE-2, reason: x, expires: 2000-01-10}
      - {gate: provenance, builders: [old]}
      - {gate: signature}
    freeze: [{from: 1999-01-01T00:00:00Z, to: 1999-01-02T00:00:00Z, reason: x}]
`,
    `signers:\n${signer('old', pems.old)}builders: [{name: old, id: x, signer: old, level: 1, state: revoked}]\n`,
  );
  const policy = parsePolicy(text, 'policy.yaml', hashes);
  expect(policyWarnings(policy, text, now).map(({ line, path }) => `${line} ${path}`)).toEqual([
    '12 environments[0].gates[0].exceptions[0].expires',
    '14 environments[0].gates[1].gate',
    '16 environments[0].freeze[0]',
  ]);
});

test('a soak longer than the life of a request warns of nothing: people are asked when it is over', () => {
  const more = '    after: [dev]\n    soak: P2D\n    approvals: {required: 1, expiresAfter: P1D}\n';
  const prod = environment('prod').replace('    gates', `${more}    gates`);
  const text = policyText(`${environment('dev')}${prod}`);
  expect(policyWarnings(parsePolicy(text, 'policy.yaml', hashes), text, now)).toEqual([]);
});

test('brackets without end are refused before a library opens them', () => {
  expect(() => parsePolicy('['.repeat(300_000), 'policy.yaml', hashes)).toThrow(/1:1.*nested more than 100 deep/s);
});
