import { z } from 'zod';
import { list, text } from '../environment/variable-kinds.ts';
import type { IssuerPlace } from './identity-issuers.ts';

const place = z
  .string()
  .regex(/^https?:\/\/[^\s=]+(?:=https?:\/\/\S+)?$/, 'expected ISSUER or ISSUER=ADDRESS, each an https: URL');

/** Whose identity tokens prove approvals: for the gateway, and for the worker of the queue trust, which looks again. */
export const issuerVariables = {
  PRATIQUE_APPROVAL_ISSUERS: list
    .pipe(z.array(place).max(20))
    .default([])
    .describe(
      'OpenID Connect issuers whose identity tokens prove approvals, between commas; ISSUER=ADDRESS where its keys are at another host; for the gateway and the queue trust',
    ),
  PRATIQUE_APPROVAL_AUDIENCE: text
    .default('pratique')
    .describe('the audience those tokens are for, beside a nonce made from what is approved'),
};

export interface IssuerSettings {
  readonly issuers: readonly IssuerPlace[];
  readonly audience: string;
}

export function readIssuers(read: {
  readonly PRATIQUE_APPROVAL_ISSUERS: readonly string[];
  readonly PRATIQUE_APPROVAL_AUDIENCE: string;
}): IssuerSettings {
  const issuers = read.PRATIQUE_APPROVAL_ISSUERS.map((entry) => {
    const [issuer = '', jwks] = entry.split(/=(.*)/, 2);
    return { issuer, jwks };
  });
  return { issuers, audience: read.PRATIQUE_APPROVAL_AUDIENCE };
}
