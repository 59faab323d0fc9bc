import { z } from 'zod';
import { isKeyKnown, listCheckpoints, listKeyUses } from '../../../adapters/postgres/key-use-log.ts';
import { isDigest } from '../../../domain/artifact/digest.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';

const useSchema = z.object({
  position: z.number().describe('In the chain: from 1, without gaps'),
  at: z.string(),
  actor: z.string().describe('The process that signed'),
  key: z.string(),
  identity: z.string(),
  statement: z.string().describe('Predicate type'),
  subject: z.string(),
  signed: z.string().describe('SHA-256 of the bytes that were signed'),
  signature: z.string().describe('SHA-256 of the signature'),
  workflow: z.string(),
  run: z.string(),
  previous: z.string(),
  hash: z.string(),
});
const checkpointSchema = z.object({
  position: z.number(),
  hash: z.string(),
  at: z.string(),
  keyId: z.string(),
  signature: z.string().describe('Base64, over the checkpoint as docs/trust.md has it'),
});
const text = z.string().min(1).max(2000).optional();

/** Who signed what with which key, when: the chain of key uses. */
export function registerKeyUseRoutes(api: GatewayServer, { db }: GatewayDependencies): void {
  api.get(
    '/keys/uses',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Uses of own keys, newest first, with the checkpoints over them',
        querystring: z.object({
          key: text.describe('name or id of an own key'),
          subject: z.string().refine(isDigest, 'a digest: sha256:<64 hex digits>').optional(),
          statement: text.describe('predicate type'),
          workflow: text.describe('its id'),
          since: z.iso.datetime({ offset: true }).optional(),
          ...pageQuery,
        }),
        response: { 200: pageSchema(useSchema).extend({ checkpoints: z.array(checkpointSchema) }) },
      },
    },
    async ({ query }) => {
      const { key, subject, statement, workflow, since } = query;
      const page = await listKeyUses(db, { key, subject, statement, workflow, since }, readPageQuery(query, 1));
      if (page.items.length === 0 && key !== undefined && !(await isKeyKnown(db, key)))
        throw new ApiError(404, 'NOT_FOUND', `there is no own key ${key}, and there was none`, {
          place: 'key',
          hint: 'GET /api/v1/keys lists them',
        });
      const [newest, oldest] = [page.items.at(0)?.position ?? 0, page.items.at(-1)?.position ?? 0];
      return { ...toPage(page), checkpoints: newest === 0 ? [] : await listCheckpoints(db, oldest, newest) };
    },
  );
}
