import { z } from 'zod';

export const advisoryStateSchema = z.object({
  records: z.number(),
  digest: z.string(),
  newest: z.string().nullable(),
  syncedAt: z.string().nullable(),
  feeds: z
    .array(z.object({ ecosystem: z.string(), syncedAt: z.string().nullable() }))
    .describe(
      'When the advisories of each ecosystem were brought in; null where they only came along with another feed',
    ),
  epoch: z.number().describe('The import that was activated last'),
  rescannedThrough: z.number().describe('The epoch whose changes are found everywhere'),
  failure: z
    .object({ source: z.string(), reason: z.string(), at: z.string() })
    .nullable()
    .describe('The last import that failed, where its source was not brought in since'),
});

export const advisoryEpochSchema = z.object({
  epoch: z.number(),
  kind: z.enum(['osv', 'kev', 'epss']).describe("Advisories, CISA's catalogue, or FIRST's scores"),
  source: z.string(),
  actor: z.string(),
  state: z.enum(['importing', 'active', 'failed']),
  digest: z.string().nullable(),
  records: z.number().nullable(),
  added: z.number(),
  updated: z.number(),
  withdrawn: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  rejections: z.array(z.object({ place: z.string(), reason: z.string() })),
  reason: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});

export const threatStateSchema = z.object({
  kind: z.enum(['kev', 'epss']),
  entries: z.number(),
  digest: z.string(),
  source: z.string(),
  syncedAt: z.string(),
});

export const epochSummarySchema = z.object({
  epoch: z.number(),
  added: z.number(),
  updated: z.number(),
  withdrawn: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
});
