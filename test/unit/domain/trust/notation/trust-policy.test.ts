import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDistinguishedName,
  includesName,
  parseDistinguishedName,
} from '../../../../../domain/trust/notation/distinguished-name.ts';
import { applicablePolicy, parseTrustPolicies } from '../../../../../domain/trust/notation/trust-policy.ts';

const statement = {
  name: 'acme',
  registryScopes: ['registry.example.com/shop/web'],
  signatureVerification: { level: 'strict' },
  trustStores: ['ca:acme', 'tsa:time'],
  trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme'],
};
const parse = (...statements: object[]) => parseTrustPolicies({ version: '1.0', trustPolicies: statements }, 'policy');

it('a document as Notation writes it', () => {
  const [policy] = parse(statement);
  expect(policy).toMatchObject({
    level: 'strict',
    verifyTimestamp: 'always',
    trustStores: [
      { type: 'ca', name: 'acme' },
      { type: 'tsa', name: 'time' },
    ],
  });
  expect(new Set(Object.values(policy!.actions))).toEqual(new Set(['enforce']));
});

// trust-store-trust-policy.md, "Signature verification details"
it.each([
  ['strict', {}, { integrity: 'enforce', authenticity: 'enforce', expiry: 'enforce', revocation: 'enforce' }],
  ['permissive', {}, { authenticity: 'enforce', authenticTimestamp: 'log', expiry: 'log', revocation: 'log' }],
  ['audit', {}, { integrity: 'enforce', authenticity: 'log' }],
  ['strict', { revocation: 'skip', expiry: 'log' }, { revocation: 'skip', expiry: 'log', authenticity: 'enforce' }],
])('level %s with %o', (level, override, actions) => {
  expect(parse({ ...statement, signatureVerification: { level, override } })[0]?.actions).toMatchObject(actions);
});

it('skip needs nothing, and takes nothing', () => {
  const skip = { ...statement, signatureVerification: { level: 'skip' }, trustStores: [], trustedIdentities: [] };
  expect(parse(skip)[0]?.level).toBe('skip');
  expect(() => parse({ ...skip, trustStores: ['ca:acme'] })).toThrow(/take its trustStores/);
});

it.each<[string, object, RegExp]>([
  ['no scope', { registryScopes: [] }, /registryScopes/],
  ['a scope that is no repository', { registryScopes: ['registry.example.com'] }, /no registry scope/],
  ['a pattern', { registryScopes: ['registry.example.com/shop/*'] }, /no registry scope/],
  ['* and another', { registryScopes: ['*', 'r.example/a'] }, /stands alone/],
  ['one scope twice', { registryScopes: ['r.example/a', 'r.example/a'] }, /twice/],
  ['an unknown level', { signatureVerification: { level: 'lax' } }, /level/],
  ['integrity overridden', { signatureVerification: { level: 'strict', override: { integrity: 'log' } } }, /integrity/],
  ['expiry skipped', { signatureVerification: { level: 'strict', override: { expiry: 'skip' } } }, /only logged/],
  ['what is none overridden', { signatureVerification: { level: 'strict', override: { x: 'log' } } }, /overridden/],
  ['no store', { trustStores: [] }, /must both be there/],
  ['a store of no type', { trustStores: ['acme'] }, /no trust store/],
  ['a store that leads elsewhere', { trustStores: ['ca:..'] }, /no trust store/],
  ['an identity without a prefix', { trustedIdentities: ['C=US'] }, /no prefix/],
  ['an identity without a country', { trustedIdentities: ['x509.subject: ST=WA, O=Acme'] }, /has no C/],
  ['* and another identity', { trustedIdentities: ['*', 'x509.subject: C=US, ST=WA, O=Acme'] }, /stands alone/],
  [
    'one identity within another',
    { trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme', 'x509.subject: C=US, ST=WA, O=Acme, CN=a'] },
    /includes another/,
  ],
  ['a key nobody knows', { trustStore: [] }, /trustPolicies.0/],
])('%s: refused', (_, change, message) => {
  expect(() => parse({ ...statement, ...change })).toThrow(message);
});

it('other versions, two of one name, and none at all: refused', () => {
  expect(() => parseTrustPolicies({ version: '2.0', trustPolicies: [statement] }, 'policy')).toThrow(/version/);
  expect(() => parse(statement, { ...statement, registryScopes: ['r.example/b'] })).toThrow(/two statements/);
  expect(() => parse(statement, { ...statement, name: 'b' })).toThrow(/two statements, or twice/);
  expect(() => parse()).toThrow(/trustPolicies/);
  expect(() => parseTrustPolicies(undefined, 'policy')).toThrow(/policy/);
});

it('the statement that names the repository counts, else the one for all', () => {
  const all = { ...statement, name: 'all', registryScopes: ['*'] };
  const policies = parse(all, statement);
  expect(applicablePolicy(policies, 'registry.example.com/shop/web', 'p').name).toBe('acme');
  expect(applicablePolicy(policies, 'registry.example.com/shop/web2', 'p').name).toBe('all');
  expect(() => applicablePolicy(parse(statement), 'registry.example.com/other', 'p')).toThrow(/no statement/);
});

describe('distinguished names', () => {
  it.each([
    ['C=US, ST=WA, O=Acme', 'C=US,ST=WA,O=Acme'],
    ['O=Acme,S=WA,C=US', 'C=US,ST=WA,O=Acme'],
    ['CN=a\\, b, C=US, ST=WA, O=Ac\\2bme', 'C=US,ST=WA,O=Ac\\+me,CN=a\\, b'],
    ['C=US, ST=WA, O=M\\c3\\bcller', 'C=US,ST=WA,O=Müller'],
    ['C=US, ST=WA, O=\\#1', 'C=US,ST=WA,O=\\#1'],
  ])('%s', (text, written) => {
    const name = parseDistinguishedName(text);
    expect(formatDistinguishedName(name)).toBe(written);
    expect(parseDistinguishedName(written)).toEqual(name);
  });

  it.each([
    '',
    'C=US',
    'C=US, C=US, ST=WA, O=A',
    'C=US, ST=WA, O=#04024869',
    'C=US+ST=WA, O=A',
    'C=US, ST=WA, O="A"',
    'C=US, ST=WA, O=\\x',
  ])('%s: refused', (text) => expect(() => parseDistinguishedName(text)).toThrow(/distinguished name/));

  it('any value reads as it was written, whatever it begins or ends with', () => {
    const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
    const odd = fc.constantFrom(
      '\trelease',
      'release\u00a0',
      '\t#x',
      '\u3000',
      '\ufeffa',
      ' a ',
      '\\',
      'a\\ ',
      '#',
      '  ',
      '\0',
    );
    fc.assert(
      fc.property(fc.oneof(value, odd), (text) => {
        const name = new Map([...parseDistinguishedName('C=US, ST=WA, O=Acme'), ['CN', text]]);
        expect(parseDistinguishedName(formatDistinguishedName(name))).toEqual(name);
      }),
    );
  });

  it('a name includes what has less, letter by letter', () => {
    const name = parseDistinguishedName('C=US, ST=WA, O=Acme, CN=shop');
    expect(includesName(name, parseDistinguishedName('C=US, ST=WA, O=Acme'))).toBe(true);
    expect(includesName(name, parseDistinguishedName('C=US, ST=WA, O=acme'))).toBe(false);
    expect(includesName(name, parseDistinguishedName('C=US, ST=WA, O=Acme, OU=x'))).toBe(false);
  });
});
