import { z } from 'zod';
import { resolveNamed } from '../../../adapters/postgres/resolve-named.ts';
import { signerLine } from '../../../domain/incident/selector.ts';
import { endInstant } from '../../../domain/policy/instant.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { answeredDigest } from './answered-digest.ts';
import { reasonSchema } from './reason-schema.ts';

const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/, 'expected an instant (RFC 3339)')
  .refine((text) => endInstant(text) !== undefined, 'no such instant');
const artifact = z.object({ repository: z.string(), digest: answeredDigest });

/** An own key among others of its name. */
const describeOwn = ({ keyId, state }: { readonly keyId: string; readonly state: string }) => `key:${keyId} (${state})`;

const keysSchema = z.object({
  own: z.array(
    z.object({
      name: z.string(),
      keyId: z.string(),
      publicKeyPem: z.string(),
      firstSeen: z.string(),
      state: z.enum(['trusted', 'retiring', 'retired', 'revoked']),
      inUse: z.boolean().describe('It signs: the newest of its name that is trusted'),
      endedAt: z.string().nullable(),
      reference: z.string().nullable().describe('Where it is held; null in the folder of the trust worker'),
      uses: z.number().describe('In the chain of key uses'),
      lastUsed: z.string().nullable(),
    }),
  ),
  signers: z.array(
    z.object({
      name: z.string(),
      /** `key:<id>`, or the pattern of a certificate. */
      identity: z.string(),
      state: z.enum(['trusted', 'retiring', 'revoked']),
      from: z.string().nullable(),
      until: z.string().nullable(),
    }),
  ),
  revocations: z.array(
    z.object({
      kind: z.enum(['signer', 'builder']),
      value: z.string(),
      reason: z.string(),
      revokedBy: z.string(),
      revokedAt: z.string(),
      from: z.string().nullable(),
      incident: z.string().nullable(),
      relied: z.number(),
      fell: z.array(artifact.extend({ environment: z.string(), live: z.boolean() })),
      reverified: z
        .object({
          id: z.string(),
          kind: z.enum(['signer', 'builder']),
          value: z.string(),
          endedAt: z.string().nullable().describe('Null while something is still to be judged'),
          waiting: z.number(),
          stood: z.array(
            artifact.extend({ environment: z.string(), because: z.enum(['proof of time', 'other evidence']) }),
          ),
          fell: z.array(
            artifact.extend({
              environment: z.string(),
              live: z.boolean(),
              reason: z.string(),
              incident: z.string().optional(),
            }),
          ),
        })
        .nullable(),
    }),
  ),
});

/** Which keys there are, and which count no more. */
export function registerKeyRoutes(api: GatewayServer, { db, ports }: GatewayDependencies): void {
  api.get(
    '/keys',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Own keys, signers of the policy, and revocations with what fell',
        response: { 200: keysSchema },
      },
    },
    async () => {
      const [own, revocations, policy] = [
        await ports.keys.listOwn(),
        await ports.keys.listRevocations(),
        await ports.policies.current(),
      ];
      const revoked = new Set(revocations.flatMap(({ kind, value }) => (kind === 'signer' ? [value] : [])));
      const signers = policy.document.signers.map((signer) => {
        const identity = signerLine(policy, signer);
        return {
          ...{ name: signer.name, identity },
          // A revocation counts whatever the policy says.
          state: revoked.has(identity) ? ('revoked' as const) : signer.state,
          ...{ from: signer.from ?? null, until: signer.until ?? null },
        };
      });
      return {
        own: [...own],
        signers,
        revocations: revocations.map((one) => ({
          ...one,
          fell: [...one.fell],
          reverified:
            one.reverified === null
              ? null
              : { ...one.reverified, stood: [...one.reverified.stood], fell: [...one.reverified.fell] },
        })),
      };
    },
  );
  api.post(
    '/keys/revocations',
    {
      config: { permission: 'key.revoke' },
      schema: {
        summary: 'Revokes a signer or a builder, and has what relied on it judged again',
        body: z.strictObject({
          kind: z.enum(['signer', 'builder']).default('signer'),
          value: z
            .string()
            .trim()
            .min(1)
            .max(2000)
            .describe("the policy's name of it, an own key's, key:…, cert:…, x509:…, or a builder's id"),
          reason: reasonSchema,
          from: instant.optional().describe('what was signed before, and proves it, stands; without it nothing does'),
        }),
        response: {
          200: z.object({
            outcome: z.enum(['revoked', 'unchanged']),
            value: z.string(),
            judgedAgain: z.array(artifact),
          }),
        },
      },
    },
    async ({ body, identity }) => {
      const { kind, reason, from } = body;
      if (from !== undefined && Date.parse(from) > Date.now())
        throw new ApiError(400, 'INVALID_REQUEST', `${from} is still to come: what is revoked is revoked now`, {
          place: 'body.from',
        });
      const own = (await ports.keys.listOwn()).filter(
        ({ name, state }) => kind === 'signer' && name === body.value && (state === 'trusted' || state === 'retiring'),
      );
      if (own.length > 1)
        throw new ApiError(
          400,
          'INVALID_REQUEST',
          `${body.value} has ${own.length} keys that count while it is rotated: say which by its id: ${own.map(describeOwn).join(', ')}`,
          { place: 'body.value' },
        );
      const named = own[0] === undefined ? body.value : `key:${own[0].keyId}`;
      const { value } = await resolveNamed(db, await ports.policies.current(), { kind, value: named });
      const { outcome, judgedAgain } = await ports.keys.revoke({ kind, value, reason, from }, identity.subject);
      return { outcome, value, judgedAgain: [...judgedAgain] };
    },
  );
}
