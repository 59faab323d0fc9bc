import { z } from 'zod';
import type { LineStop } from '../../../domain/promotion/line-desk.ts';

export const lineStopSchema = z.object({
  id: z.number(),
  environment: z.string().nullable().describe('Null: every one'),
  reason: z.string(),
  stoppedBy: z.string(),
  stoppedAt: z.string(),
  resumed: z
    .object({ by: z.string(), reason: z.string(), at: z.string() })
    .optional()
    .describe('Absent while it stands'),
});

/** For a schema that is written to: what the port returns is read-only. */
export function showLineStop({ resumed, ...stop }: LineStop): z.infer<typeof lineStopSchema> {
  return { ...stop, ...(resumed === undefined ? {} : { resumed: { ...resumed } }) };
}
