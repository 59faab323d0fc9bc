import { z } from 'zod';

const details = z.record(z.string(), z.unknown());

export const incidentPreviewSchema = z.object({
  dryRun: z.boolean(),
  subjects: z.array(
    z.object({
      digest: z.string(),
      relation: z.enum(['selected', 'child', 'parent', 'copy']),
      repositories: z.array(z.string()),
      environments: z.array(z.string()).describe('Environments that have it now'),
    }),
  ),
  shared: z.array(z.string()).describe('Children and bases shared with artifacts outside the selection: not fenced'),
});

export const releaseStateSchema = z.enum(['waiting', 'approved', 'rejected']);

export const releaseSummarySchema = z.object({
  id: z.string(),
  incident: z.string(),
  digest: z.string(),
  repositories: z.array(z.string()).describe('Where it was pushed to'),
  reason: z.string(),
  state: releaseStateSchema,
  requestedBy: z.string(),
  requestedAt: z.string(),
  decidedBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
});

export const incidentSummarySchema = z.object({
  id: z.string(),
  selector: z.object({ kind: z.string(), value: z.string() }),
  reason: z.string(),
  state: z.enum(['open', 'contained', 'closed']),
  openedBy: z.string(),
  openedAt: z.string(),
  containedAt: z.string().nullable(),
  closedBy: z.string().nullable(),
  closedAt: z.string().nullable(),
  subjects: z.object({ fenced: z.number(), removing: z.number(), confirmed: z.number(), released: z.number() }),
});

export const incidentDetailSchema = incidentSummarySchema.extend({
  subjectList: z.array(
    z.object({
      digest: z.string(),
      relation: z.string(),
      state: z.string(),
      repositories: z.array(z.string()),
      environments: z.array(z.string()),
      detail: details,
      fencedAt: z.string(),
      confirmedAt: z.string().nullable(),
      releasedAt: z.string().nullable(),
    }),
  ),
  releases: z.array(releaseSummarySchema),
  rebuilds: z
    .array(
      z.object({
        id: z.string(),
        repository: z.string(),
        digest: z.string(),
        state: z.string(),
        newDigest: z.string().nullable(),
        clears: z
          .boolean()
          .nullable()
          .describe('Whether it answers what the incident is about; null where it has not ended, or failed'),
        why: z.string().nullable().describe('Where it does not, what is lacking'),
      }),
    )
    .describe('Of what it selected, and those that were asked for because of it; oldest first'),
});
