import { z } from 'zod';
import { readRegistration } from '../../../adapters/webauthn/read-registration.ts';
import { type Passkey, parsePasskeyText, passkeyText, type RelyingParty } from '../../../domain/identity/passkey.ts';
import { ProofError } from '../../../domain/identity/proof-error.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { base64url } from './proof-schema.ts';

/** Between the text of a registration and its arrival: somebody looks for their key meanwhile. */
const REGISTRATION_MS = 600_000;

const passkeySchema = z.object({
  id: z.string().describe('Of the credential, base64url'),
  name: z.string(),
  fingerprint: z.string().describe('What an administrator joins to a principal, as kind webauthn'),
  relyingParty: z.string().describe('The host it was made for'),
  transports: z.array(z.string()),
  counts: z.boolean().describe('Whether an administrator said whose it is: without that it proves nothing'),
  registeredAt: z.string(),
  usedAt: z.string().nullable(),
});
const nameSchema = z.string().trim().min(1, 'call it something').max(64);

const toPasskey = ({ holder, usedAt, ...passkey }: Passkey): z.infer<typeof passkeySchema> => ({
  ...passkey,
  transports: [...passkey.transports],
  counts: holder !== undefined,
  usedAt: usedAt ?? null,
});

/** The relying party of the configuration. Throws 404 where there is none. */
export function needRelyingParty({ relyingParty }: GatewayDependencies): RelyingParty {
  if (relyingParty !== undefined) return relyingParty;
  throw new ApiError(404, 'NOT_FOUND', 'passkeys are not taken here', {
    hint: 'PRATIQUE_PAGES_URL of the gateway and of the trust worker says for which host they are made',
  });
}

/** People's own passkeys: everybody registers theirs and no others, an administrator says whose it is with `principal join`. */
export function registerPasskeyRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/passkeys',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'The passkeys of whoever asks',
        response: { 200: z.object({ items: z.array(passkeySchema) }) },
      },
    },
    async ({ identity }) => ({ items: (await deps.ports.passkeys.of(identity.subject)).map(toPasskey) }),
  );
  registerRegistration(api, deps);
  api.delete(
    '/passkeys/:id',
    {
      config: { permission: 'read' },
      schema: {
        summary: "Forgets one of one's own, and whose it was",
        params: z.object({ id: base64url(2048) }),
        response: { 200: z.object({ id: z.string() }) },
      },
    },
    async ({ params: { id }, identity }) => {
      const passkey = (await deps.ports.passkeys.of(identity.subject)).find((one) => one.id === id);
      if (passkey === undefined || !(await deps.ports.passkeys.forget(identity.subject, id)))
        throw new ApiError(404, 'NOT_FOUND', `you have no passkey ${id}`, { place: 'id' });
      await deps.ports.principals.part({ kind: 'webauthn', value: passkey.fingerprint }, identity.subject);
      return { id };
    },
  );
}

function registerRegistration(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/passkeys/statement',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What a new passkey is made for: a text, whose SHA-256 is its challenge',
        body: z.strictObject({ name: nameSchema }),
        response: {
          200: z.object({
            statement: z.string(),
            relyingParty: z.string(),
            origin: z.string(),
            user: z.string(),
            known: z.array(z.object({ id: z.string(), transports: z.array(z.string()) })),
          }),
        },
      },
    },
    async ({ body, identity }) => {
      const { id: relyingParty, origin } = needRelyingParty(deps);
      const known = await deps.ports.passkeys.of(identity.subject);
      return {
        ...{ relyingParty, origin, user: identity.subject },
        statement: passkeyText({ by: identity.subject, name: body.name, at: new Date().toISOString() }),
        known: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
      };
    },
  );
  api.post(
    '/passkeys',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Registers a passkey of whoever asks',
        body: z.strictObject({
          statement: z.string().min(1).max(1024).describe('As POST /passkeys/statement gave it'),
          clientData: base64url(16_384),
          authenticatorData: base64url(16_384),
          transports: z
            .array(z.string().regex(/^[a-z-]{1,32}$/))
            .max(10)
            .default([]),
        }),
        response: {
          200: z.object({
            outcome: z.enum(['registered', 'unchanged']),
            id: z.string(),
            fingerprint: z.string(),
            next: z.string().describe('What an administrator does, so that it counts'),
          }),
        },
      },
    },
    async ({ body, identity: { subject } }) => {
      const relyingParty = needRelyingParty(deps);
      const { statement, transports, ...given } = body;
      const claim = parsePasskeyText(statement);
      if (claim === undefined || claim.by !== subject)
        throw new ProofError(
          'PROOF_OF_ANOTHER',
          'everybody registers their own passkey: ask for a statement with your token',
        );
      if (!(Math.abs(Date.now() - Date.parse(claim.at)) <= REGISTRATION_MS))
        throw new ProofError('PROOF_OUT_OF_TIME', 'the registration took more than ten minutes: begin again');
      const passkey = { ...(await readRegistration(given, statement, relyingParty)), name: claim.name, transports };
      const outcome = await deps.ports.passkeys.register(subject, passkey);
      if (outcome.outcome === 'refused') throw refused(outcome.reason);
      const { id, fingerprint } = passkey;
      return { ...outcome, id, fingerprint, next: `pratique principal join ${subject} webauthn ${fingerprint}` };
    },
  );
}
