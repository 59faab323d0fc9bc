import { describe, expect, it } from 'vitest';
import { parseIdentityPattern } from '../../../../domain/trust/identity-pattern.ts';

const identity = {
  kind: 'certificate',
  subject: 'https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v1.0',
  issuer: 'https://token.actions.githubusercontent.com',
} as const;
const issuer = { certificateOidcIssuer: identity.issuer };

describe('an identity', () => {
  it.each([
    ['the very subject', { certificateIdentity: identity.subject }, undefined],
    ['another subject', { certificateIdentity: `${identity.subject}.0` }, 'IDENTITY_MISMATCH'],
    [
      'a pattern that matches',
      { certificateIdentityRegexp: '^https://github\\.com/acme/shop/.*@refs/tags/v[0-9.]+$' },
      undefined,
    ],
    [
      'a pattern that does not',
      { certificateIdentityRegexp: '^https://github\\.com/acme/other/.*$' },
      'IDENTITY_MISMATCH',
    ],
    // Go's regexp/syntax: "escaped non-word characters are always themselves"; of JavaScript's there are fewer.
    [
      'a pattern as Go has it',
      { certificateIdentityRegexp: '^https\\://github\\.com/ac[a\\-m]e/shop/[\\w\\-./]+\\@refs/tags/v[\\d.]+$' },
      undefined,
    ],
    ['an escaped backslash before a sign', { certificateIdentityRegexp: '^https\\\\:.*$' }, 'IDENTITY_MISMATCH'],
    ['a pattern with two ends, one of them loose', { certificateIdentityRegexp: '^x|acme/shop$' }, 'IDENTITY_MISMATCH'],
  ])('by %s', (_name, subject, code) => {
    expect(parseIdentityPattern({ ...subject, ...issuer })?.(identity)?.code).toBe(code);
  });

  it.each([
    [
      'another issuer',
      { certificateOidcIssuer: 'https://token.actions.githubusercontent.com/acme' },
      'ISSUER_MISMATCH',
    ],
    [
      'a pattern of issuers',
      { certificateOidcIssuerRegexp: '^https://token\\.actions\\.githubusercontent\\.com$' },
      undefined,
    ],
    ['a pattern of others', { certificateOidcIssuerRegexp: '^https://gitlab\\.com$' }, 'ISSUER_MISMATCH'],
  ])('vouched for by %s', (_name, by, code) => {
    const pattern = parseIdentityPattern({ certificateIdentity: identity.subject, ...by });
    expect(pattern?.(identity)?.code).toBe(code);
  });

  it('is nobody where nothing is said', () => {
    expect(parseIdentityPattern({})).toBeUndefined();
  });
});

it.each([
  ['no issuer', { certificateIdentity: 'a' }, 'PATTERN_INCOMPLETE'],
  ['no subject', { certificateOidcIssuer: 'a' }, 'PATTERN_INCOMPLETE'],
  ['nobody', { certificateIdentity: '', ...issuer }, 'PATTERN_INVALID'],
  [
    'both an exact subject and a pattern',
    { certificateIdentity: 'a', certificateIdentityRegexp: '^a$', ...issuer },
    'PATTERN_INVALID',
  ],
  ['a pattern without a beginning', { certificateIdentityRegexp: 'acme/shop$', ...issuer }, 'PATTERN_UNANCHORED'],
  [
    'a pattern without an end',
    { certificateIdentityRegexp: '^https://github.com/acme', ...issuer },
    'PATTERN_UNANCHORED',
  ],
  [
    'a pattern that ends in a dollar sign of its own',
    { certificateIdentityRegexp: '^cost: 5\\$', ...issuer },
    'PATTERN_UNANCHORED',
  ],
  ['a pattern that ignores case', { certificateIdentityRegexp: '^(?i)acme$', ...issuer }, 'PATTERN_INVALID'],
  ['a named class of signs', { certificateIdentityRegexp: '^[[:alnum:]]+$', ...issuer }, 'PATTERN_INVALID'],
  ['an end of the text in the middle', { certificateIdentityRegexp: '^a\\z|b$', ...issuer }, 'PATTERN_INVALID'],
  ['a pattern that is none', { certificateIdentityRegexp: '^(a$', ...issuer }, 'PATTERN_INVALID'],
])('refused: %s', (_name, options, code) => {
  expect(() => parseIdentityPattern(options)).toThrow(expect.objectContaining({ code }) as Error);
});
