import { z } from 'zod';
import { runSchema } from '../describe-run.ts';
import { REF_DESCRIPTION } from '../resolve-ref.ts';
import { promotionRunSchema, promotionSchema } from './promotion-schemas.ts';
import { scannerReportSchema } from './scanner-report-schemas.ts';

export const refQuery = z.object({ ref: z.string().min(1).max(512).describe(REF_DESCRIPTION) });
const details = z.record(z.string(), z.unknown());

export const artifactSummarySchema = z.object({
  repository: z.string(),
  digest: z.string(),
  mediaType: z.string().nullable(),
  kind: z.string().nullable(),
  phase: z.string(),
  outcome: z.string().nullable(),
  reason: z.string(),
  generation: z.number(),
  tags: z.array(z.string()),
  environments: z.array(z.string()).describe('Environments that have it now'),
  fenced: z.boolean(),
  firstSeen: z.string(),
  updatedAt: z.string(),
});

export const verdictSchema = z.object({
  environment: z.string(),
  outcome: z.string(),
  admitted: z.boolean(),
  policyVersion: z.number(),
  policyDigest: z.string(),
  decisionDigest: z.string(),
  generation: z.number(),
  vsa: z.string().nullable(),
  evaluatedAt: z.string(),
  decisionsUntil: z.string().optional().describe('When the first decision about findings that it rests on ends'),
  gates: z.array(
    z.object({
      gate: z.string(),
      verdict: z.string(),
      reason: z.string(),
      evidence: z.array(z.string()),
      details: z.array(z.string()),
    }),
  ),
});

export const artifactDetailSchema = z.object({
  artifact: artifactSummarySchema,
  pipeline: runSchema.nullable().describe('Null unless the newest generation is open'),
  generation: z
    .object({
      number: z.number(),
      cause: z.string(),
      state: z.string(),
      joined: z.number(),
      outcome: z.string().nullable(),
      reason: z.string(),
      createdAt: z.string(),
      claimedAt: z.string().nullable(),
      closedAt: z.string().nullable(),
    })
    .nullable(),
  alsoIn: z.array(z.string()).describe('Other repositories with the same bytes'),
  children: z.array(z.object({ digest: z.string(), platform: z.string().nullable() })),
  platforms: z.array(
    z.object({
      digest: z.string(),
      platform: z.string(),
      components: z.number().nullable(),
      complete: z.boolean().nullable(),
      failure: z.string().nullable(),
      findings: z.number().nullable().describe('All of them, decided about or not'),
      highest: z.string().nullable(),
      knownExploited: z.number().describe("Findings whose vulnerability is in CISA's catalogue"),
      leftToDistribution: z
        .number()
        .describe(
          'Components that the advisories of the distribution answer for, and not those of their own ecosystem',
        ),
      decided: z
        .array(
          z.object({
            ...{ advisory: z.string(), purl: z.string(), state: z.string() },
            ...{ decision: z.string(), until: z.string().nullable() },
          }),
        )
        .describe('What was decided about findings, for every environment: the first 50'),
      scannedAt: z.string().nullable(),
    }),
  ),
  evidence: z.array(
    z.object({
      manifest: z.string(),
      subject: z.string(),
      predicateType: z.string(),
      origin: z.string(),
      outcome: z.string(),
      identity: z.string().nullable(),
      rejection: z.object({ code: z.string(), reason: z.string() }).nullable().describe('Of rejected evidence: why'),
      recordedAt: z.string(),
    }),
  ),
  verdicts: z.array(verdictSchema).describe('The newest per environment'),
  placements: z.array(
    z.object({ environment: z.string(), destination: z.string(), state: z.string(), since: z.string() }),
  ),
  grandfatherings: z
    .array(
      z.object({
        ...{ environment: z.string(), destination: z.string(), until: z.string() },
        state: z
          .enum(['stands', 'ended', 'admitted', 'gone', 'renewed'])
          .describe('Past its date it is a finding; admitted, a promotion let it in; renewed, a newer one counts'),
        ...{ reason: z.string(), sourceKind: z.string(), place: z.string(), madeBy: z.string(), madeAt: z.string() },
      }),
    )
    .describe('What an import left where it was, whatever its gates say'),
  promotions: z.array(promotionSchema.extend({ run: promotionRunSchema })),
  fence: z
    .object({ state: z.string(), incident: z.string().nullable(), reason: z.string(), changedAt: z.string() })
    .nullable(),
  incidents: z.array(
    z.object({
      incident: z.string(),
      relation: z.string(),
      state: z.string(),
      incidentState: z.string(),
      reason: z.string(),
    }),
  ),
  reports: z.array(scannerReportSchema).describe('Of other scanners, newest first, with the first differences'),
  builds: z.object({
    claimed: z.array(z.object({ source: z.string(), eventId: z.string(), recordedAt: z.string(), claim: details })),
    verified: z.array(z.object({ kind: z.string(), value: z.string() })),
  }),
  openFindings: z.array(z.object({ kind: z.string(), detail: details, foundAt: z.string() })),
});

export const timelineEntrySchema = z.object({
  at: z.string(),
  from: z.enum(['intake', 'outcome']),
  type: z.string(),
  actor: z.string(),
  sequence: z.number().nullable(),
  data: details,
  trace: z.string().nullable(),
});
