/** Whose certificates count: subject and issuer, each exact or by an anchored regular expression, as cosign's flags name them. */
import type { RejectionCode, SignerIdentity } from './evidence.ts';

/** One of the two may be given of each pair; a pattern without a subject or an issuer is refused. */
export interface IdentityOptions {
  readonly certificateIdentity?: string | undefined;
  readonly certificateIdentityRegexp?: string | undefined;
  readonly certificateOidcIssuer?: string | undefined;
  readonly certificateOidcIssuerRegexp?: string | undefined;
}

export type PatternErrorCode = 'PATTERN_INCOMPLETE' | 'PATTERN_INVALID' | 'PATTERN_UNANCHORED';

/** Thrown for identities nobody should be trusted by. The message names the flag and what to write instead. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly code: PatternErrorCode;

  constructor(code: PatternErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Undefined where the certificate is of whom was asked for; else which half of it is not. */
export type IdentityPattern = (
  identity: Extract<SignerIdentity, { kind: 'certificate' }>,
) => { readonly code: RejectionCode; readonly reason: string } | undefined;

/** Undefined where no option is set: certificates were not asked about. Throws a PatternError. */
export function parseIdentityPattern(options: IdentityOptions): IdentityPattern | undefined {
  const subject = parseHalf('--certificate-identity', options.certificateIdentity, options.certificateIdentityRegexp);
  const issuer = parseHalf(
    '--certificate-oidc-issuer',
    options.certificateOidcIssuer,
    options.certificateOidcIssuerRegexp,
  );
  if (subject === undefined && issuer === undefined) return undefined;
  if (subject === undefined || issuer === undefined)
    throw new PatternError(
      'PATTERN_INCOMPLETE',
      'an identity is a subject and who vouches for it: give both --certificate-identity and --certificate-oidc-issuer (or their -regexp)',
    );
  return (identity) => {
    if (!issuer.matches(identity.issuer))
      return {
        code: 'ISSUER_MISMATCH',
        reason: `the certificate was issued on the word of ${identity.issuer}, not of ${issuer.text}`,
      };
    if (!subject.matches(identity.subject))
      return {
        code: 'IDENTITY_MISMATCH',
        reason: `the certificate is for ${identity.subject}, not for ${subject.text}`,
      };
    return undefined;
  };
}

interface Half {
  readonly text: string;
  matches(value: string): boolean;
}

function parseHalf(flag: string, exact: string | undefined, regexp: string | undefined): Half | undefined {
  if (exact !== undefined && regexp !== undefined)
    throw new PatternError('PATTERN_INVALID', `${flag} and ${flag}-regexp exclude one another: give one`);
  if (exact !== undefined) {
    if (exact === '') throw new PatternError('PATTERN_INVALID', `${flag} is empty: it would name nobody`);
    return { text: exact, matches: (value) => value === exact };
  }
  if (regexp === undefined) return undefined;
  const pattern = parseAnchored(`${flag}-regexp`, regexp);
  return { text: regexp, matches: (value) => pattern.test(value) };
}

/** Wrapped once more, so that the anchors hold for each branch of `^a|b$` too. */
function parseAnchored(flag: string, regexp: string): RegExp {
  if (!regexp.startsWith('^') || !/(?:^|[^\\])(?:\\\\)*\$$/.test(regexp))
    throw new PatternError(
      'PATTERN_UNANCHORED',
      `${flag} "${regexp}" does not say where it begins and ends, so that a longer name may match it: write ^…$`,
    );
  try {
    return new RegExp(`^(?:${plainEscapes(regexp)})$`, 'u');
  } catch {
    throw new PatternError(
      'PATTERN_INVALID',
      `${flag} "${regexp}" is no regular expression that is taken here: one of JavaScript, without (?i), \\z and [[:alnum:]]`,
    );
  }
}

/** cosign's are Go's, where `\-` and `\@` are the signs themselves; JavaScript has that of some signs only. */
function plainEscapes(regexp: string): string {
  return regexp.replace(/\\([\s\S])/g, (written, sign: string) =>
    /[!"#%&',:;<=>@_`~-]/.test(sign) ? `\\x${sign.charCodeAt(0).toString(16)}` : written,
  );
}
