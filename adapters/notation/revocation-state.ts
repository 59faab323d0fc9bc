/** Whether a certificate is revoked, by what lists and answers say of it. */
import type { Certificate } from './certificate.ts';

/** `signedAt`: when the certificate signed, where that is proven. */
export interface RevocationTimes {
  readonly now: Date;
  readonly signedAt: Date | undefined;
}

/** `why` continues a sentence that begins with the source. */
export type RevocationWord =
  | { readonly word: 'good' }
  | { readonly word: 'revoked' }
  | { readonly word: 'none'; readonly why: string };

/** A list, or an answer about one certificate. */
export interface RevocationWitness {
  readonly source: string;
  /** Undefined where it speaks for another authority, or of another certificate. */
  about(certificate: Certificate, issuer: Certificate, times: RevocationTimes): RevocationWord | undefined;
}

/** `by`: the source that says so. */
export type RevocationState =
  | { readonly state: 'good' }
  | { readonly state: 'revoked'; readonly by: string }
  | { readonly state: 'unknown'; readonly why: string };

/** One that says revoked outweighs all that say good. */
export function revocationState(
  certificate: Certificate,
  issuer: Certificate,
  witnesses: readonly RevocationWitness[],
  times: RevocationTimes,
): RevocationState {
  let why = 'nothing by its issuer says so';
  let isGood = false;
  for (const witness of witnesses) {
    const said = witness.about(certificate, issuer, times);
    if (said?.word === 'revoked') return { state: 'revoked', by: witness.source };
    if (said?.word === 'good') isGood = true;
    else if (said !== undefined) why = `${witness.source} ${said.why}`;
  }
  return isGood ? { state: 'good' } : { state: 'unknown', why };
}

/** Of a certificate that is not believed since an instant, what it is proven to have signed before stands. */
export function standsFromBefore(invalidSince: Date | undefined, { signedAt }: RevocationTimes): boolean {
  return signedAt !== undefined && invalidSince !== undefined && signedAt < invalidSince;
}

/** Clocks may differ by that much. */
const SKEW_MS = 300_000;

/** Why what is updated then does not say how things are `now`; undefined where it does. */
export function untimely(
  { thisUpdate, nextUpdate }: { readonly thisUpdate: Date; readonly nextUpdate: Date | undefined },
  now: Date,
): string | undefined {
  if (thisUpdate.getTime() > now.getTime() + SKEW_MS)
    return `is from ${thisUpdate.toISOString()}, which is still to come (five minutes are tolerated)`;
  if (nextUpdate === undefined || nextUpdate.getTime() < now.getTime() - SKEW_MS)
    return `was to be followed by another one ${nextUpdate?.toISOString() ?? 'at a time it does not say'}`;
  return undefined;
}
