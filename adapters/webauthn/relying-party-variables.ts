import { z } from 'zod';
import type { RelyingParty } from '../../domain/identity/passkey.ts';

/** A host that passkeys can be made for: a name, over https, or this machine's own. */
function isPagesUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  const isNamed = !/^[\d.]+$|^\[/.test(hostname);
  return (
    isNamed &&
    (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')) &&
    search === '' &&
    hash === '' &&
    username === ''
  );
}

/** Where people open the gateway's page: for the gateway, and for the worker of the queue trust, which verifies again. */
export const relyingPartyVariables = {
  PRATIQUE_PAGES_URL: z
    .string()
    .refine((text) => text === '' || isPagesUrl(text), 'expected https://HOST, or http://localhost:PORT')
    .optional()
    .describe(
      'address that people reach the gateway at, https://HOST: passkeys are made for that host, and /approve there takes approvals with them; unset, there is no such page and passkeys prove nothing; for the gateway and the queue trust',
    ),
};

/** Undefined where there are no pages. */
export function readRelyingParty(read: { readonly PRATIQUE_PAGES_URL?: string | undefined }): RelyingParty | undefined {
  const { PRATIQUE_PAGES_URL: text } = read;
  if (text === undefined || text === '') return undefined;
  const url = new URL(text);
  return { id: url.hostname, origin: url.origin, page: `${url.href.replace(/\/$/, '')}/approve` };
}
