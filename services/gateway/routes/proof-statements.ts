import { z } from 'zod';
import { type Digest, isDigest } from '../../../domain/artifact/digest.ts';
import { approvalText } from '../../../domain/identity/approval-claim.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { needRelyingParty } from './passkeys.ts';
import { reasonSchema } from './reason-schema.ts';

/** What a passkey is asked to sign: the same text that an SSH key signs, made here for pages. Nothing is decided by it. */
export function registerProofStatementRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/proof-statements',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'The statement of a decision, for a passkey: its SHA-256 is the challenge',
        body: z.strictObject({
          verb: z.enum(['approve', 'reject']),
          about: z
            .string()
            .regex(/^(?:promotion|release|policy-proposal)\/[\x21-\x7e]{1,511}$/)
            .describe('promotion/<environment>/<repository>@<digest>, release/<id> or policy-proposal/<id>'),
          decision: z.string().refine(isDigest, 'a digest: sha256:<64 hex digits>').optional(),
          reason: reasonSchema,
        }),
        response: {
          200: z.object({
            statement: z.string(),
            relyingParty: z.string(),
            origin: z.string(),
            passkeys: z
              .array(z.object({ id: z.string(), transports: z.array(z.string()) }))
              .describe('Those of whoever asks that count'),
          }),
        },
      },
    },
    async ({ body: { verb, about, decision, reason }, identity: { subject } }) => {
      const { id: relyingParty, origin } = needRelyingParty(deps);
      const own = await deps.ports.passkeys.of(subject);
      const usable = own.filter((passkey) => passkey.holder !== undefined && passkey.relyingParty === relyingParty);
      const at = new Date().toISOString();
      return {
        ...{ relyingParty, origin },
        statement: approvalText({ verb, about, decision: decision as Digest | undefined, by: subject, reason, at }),
        passkeys: usable.map(({ id, transports }) => ({ id, transports: [...transports] })),
      };
    },
  );
}
