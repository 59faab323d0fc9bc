import { describe, expect, test } from 'vitest';
import { parseSelector, resolveSelector, selectorSchema } from '../../../../domain/incident/selector.ts';
import type { Policy } from '../../../../domain/policy/policy.ts';
import type { SignerIdentity } from '../../../../domain/trust/evidence.ts';
import { createPolicy, digestOf, keyIds } from '../policy/judged-artifact.ts';

const digest = digestOf('x');
const hex = 'AB'.repeat(20);
const policy = createPolicy();

test.each([
  [digest, 'digest', digest],
  [`digest:${digest}`, 'digest', digest],
  [`shop/web@${digest}`, 'digest', digest],
  [`localhost:5000/shop/web:1.0@${digest}`, 'digest', digest],
  [`layer:${digest}`, 'layer', digest],
  ['pkg:npm/left-pad@1.3.0', 'component', 'pkg:npm/left-pad@1.3.0'],
  ['component:pkg:npm/%40scope/x', 'component', 'pkg:npm/%40scope/x'],
  ['pkg:npm/@babel/core', 'component', 'pkg:npm/%40babel/core'],
  ['pkg:pypi/Typing_Extensions@4.0', 'component', 'pkg:pypi/typing-extensions@4.0'],
  ['component:pkg:deb/debian/libstdc++6@1%3A2', 'component', 'pkg:deb/debian/libstdc%2B%2B6@1:2'],
  ['component:pkg:deb/debian/openssl@3.0.1?arch=amd64', 'component', 'pkg:deb/debian/openssl@3.0.1'],
  ['pkg:golang/example.com/tool@(devel)', 'component', 'pkg:golang/example.com/tool@%28devel%29'],
  ['signer:release', 'signer', 'release'],
  ['builder:ci', 'builder', 'ci'],
  [' builder: ci ', 'builder', 'ci'],
  ['builder:https://ci.example/main', 'builder', 'https://ci.example/main'],
  ['host:Build-7.example', 'host', 'build-7.example'],
  ['source:https://u:p@git.example/shop/web.git', 'source', 'https://git.example/shop/web'],
  [`commit:${hex}`, 'commit', hex.toLowerCase()],
])('%s', (text, kind, value) => {
  expect(parseSelector(text)).toEqual({ kind, value });
  expect(selectorSchema.parse(parseSelector(text))).toEqual({ kind, value });
});

test.each([
  ['', 'SELECTOR_UNKNOWN_KIND', /is no selector/],
  ['bulder:ci', 'SELECTOR_UNKNOWN_KIND', /builder:…/],
  ['builder', 'SELECTOR_UNKNOWN_KIND', /builder:…/],
  ['builder:', 'SELECTOR_INVALID_VALUE', /the value is missing/],
  ['digest:sha256:abc', 'SELECTOR_INVALID_VALUE', /sha256:<64 hex digits>/],
  ['component:left-pad', 'SELECTOR_INVALID_VALUE', /a purl such as/],
  ['pkg:npm/', 'SELECTOR_INVALID_VALUE', /a purl such as/],
  ['pkg:npm/left-pad@<2', 'SELECTOR_INVALID_VALUE', /one version, or none for all of them/],
  ['pkg:npm/@babel/core@>=7.0.0,<7.26', 'SELECTOR_INVALID_VALUE', /one version/],
  ['component:pkg:npm/left-pad@^1.3.0', 'SELECTOR_INVALID_VALUE', /one version/],
  ['pkg:maven/org.example/a@[1.0,2.0)', 'SELECTOR_INVALID_VALUE', /one version/],
  ['pkg:npm/left-pad@vers:npm/>1|<2', 'SELECTOR_INVALID_VALUE', /one version/],
  ['pkg:npm/left-pad@*', 'SELECTOR_INVALID_VALUE', /one version/],
  ['pkg:npm/left-pad@%3C2', 'SELECTOR_INVALID_VALUE', /one version/],
  ['commit:abc123', 'SELECTOR_INVALID_VALUE', /full commit id/],
  ['host:a b', 'SELECTOR_INVALID_VALUE', /without white space/],
  [`host:${'a'.repeat(2049)}`, 'SELECTOR_INVALID_VALUE', /at most 2048/],
])('refused: %s', (text, code, message) => {
  expect(() => parseSelector(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

describe('names of the policy', () => {
  test.each([
    ['signer:release', `key:${keyIds.release}`],
    [`signer:${keyIds.stranger}`, `key:${keyIds.stranger}`],
    [`signer:key:${keyIds.stranger}`, `key:${keyIds.stranger}`],
    ['signer:cert:https://issuer|ci@example', 'cert:https://issuer|ci@example'],
    ['builder:ci', 'https://ci.example/main'],
    ['builder:https://gone.example', 'https://gone.example'],
    ['host:ci', 'ci'],
  ])('%s is %s', (text, value) => {
    expect(resolveSelector(policy, parseSelector(text), []).value).toBe(value);
  });

  test.each([
    ['signer:relase', /did you mean release/],
    ['signer:toString', /it has ci, release, old/],
    ['builder:nightlly', /did you mean nightly/],
  ])('%s is nobody', (text, message) => {
    expect(() => resolveSelector(policy, parseSelector(text), [])).toThrow(
      expect.objectContaining({ code: 'SELECTOR_UNKNOWN_NAME', message: expect.stringMatching(message) }),
    );
  });
});

describe('signers that are patterns', () => {
  const root = 'ab'.repeat(32);
  const document = {
    signers: [
      { name: 'acme', state: 'trusted', x509: { subject: 'C=US, ST=WA, O=Acme', roots: '' } },
      { name: 'gh', state: 'trusted', identity: { subjectRegexp: '^https://gh/.+$', issuer: 'https://issuer' } },
    ],
    builders: [],
  };
  const patterns = { document, keyIds: {}, thumbprints: { acme: [root] } } as unknown as Policy;
  const cn = (name: string): SignerIdentity => ({
    ...{ kind: 'x509', root, keyId: '' },
    subject: `C=US, ST=WA, O=Acme, CN=${name}`,
  });
  const workflow: SignerIdentity = { kind: 'certificate', issuer: 'https://issuer', subject: 'https://gh/one' };
  const stranger: SignerIdentity = { kind: 'x509', root, keyId: '', subject: 'C=US, ST=WA, O=Evil' };
  const resolve = (text: string, met: readonly SignerIdentity[]) =>
    resolveSelector(patterns, parseSelector(text), met).value;

  test.each([
    ['signer:acme', `x509:${root}|C=US, ST=WA, O=Acme, CN=Shop Signer`],
    // As the list of keys prints it.
    [`signer:x509:${root}|C=US, ST=WA, O=Acme`, `x509:${root}|C=US, ST=WA, O=Acme, CN=Shop Signer`],
    ['signer:gh', 'cert:https://issuer|https://gh/one'],
    ['signer:cert:https://issuer|^https://gh/.+$', 'cert:https://issuer|https://gh/one'],
    [`signer:x509:${root}|C=US, ST=WA, O=Gone, CN=Old Signer`, `x509:${root}|C=US, ST=WA, O=Gone, CN=Old Signer`],
  ])('%s is the one that was met: %s', (text, value) => {
    expect(resolve(text, [stranger, cn('Shop Signer'), cn('Shop Signer'), workflow])).toBe(value);
  });

  test('what two were met as must be said in full', () => {
    expect(() => resolve('signer:acme', [cn('one'), cn('two')])).toThrow(
      expect.objectContaining({
        code: 'SELECTOR_AMBIGUOUS_NAME',
        message: expect.stringContaining(
          `x509:${root}|C=US, ST=WA, O=Acme, CN=one or x509:${root}|C=US, ST=WA, O=Acme, CN=two`,
        ),
      }),
    );
    expect(resolve(`signer:x509:${root}|C=US, ST=WA, O=Acme, CN=one`, [cn('one'), cn('two')])).toMatch(/CN=one$/);
  });

  test('whom nobody met, nobody is', () => {
    expect(() => resolve('signer:acme', [stranger, workflow])).toThrow(
      expect.objectContaining({ code: 'SELECTOR_UNKNOWN_NAME', message: expect.stringContaining('nobody was met') }),
    );
    expect(() => parseSelector(`signer:x509:${root}|C=US,\nST=WA, O=Acme`)).toThrow('without white space');
  });
});
