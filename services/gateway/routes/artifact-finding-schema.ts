import { z } from 'zod';
import { vexStatuses } from '../../../domain/advisory/finding.ts';

const reachSchema = z.object({
  kind: z.enum(['within-ranges', 'held', 'unknown']).describe('Whether all that ask for it allow the version'),
  version: z.string(),
  direct: z.array(z.string()).readonly().describe('Dependencies of its own that bring it, nearest first, ten at most'),
  heldBy: z
    .array(z.object({ by: z.string().optional(), range: z.string().optional() }))
    .readonly()
    .optional()
    .describe('Who has to change first; without `by`, the project itself'),
});

/** As `pratique scan -o json` has it, with the platform. */
export const artifactFindingSchema = z.object({
  platform: z.string(),
  advisory: z.string(),
  aliases: z.array(z.string()).readonly(),
  upstream: z.array(z.string()).readonly().optional(),
  summary: z.string(),
  severity: z.enum(['none', 'low', 'medium', 'high', 'critical', 'unknown']),
  score: z.number().optional(),
  severityFrom: z.string().optional(),
  purl: z.string(),
  name: z.string(),
  version: z.string(),
  fixedIn: z.string().optional().describe('The nearest version that is not affected'),
  latestFix: z.string().optional(),
  because: z.string().optional().describe('What of the advisory matches'),
  locations: z.array(z.object({ path: z.string(), layer: z.string().optional() })).readonly(),
  path: z
    .array(z.string())
    .readonly()
    .optional()
    .describe('From a dependency of its own to the component, as package URLs'),
  reach: reachSchema.optional().describe('Whether `fixedIn` can be there without another package first'),
  url: z.string().optional(),
  epss: z.object({ score: z.number(), percentile: z.number() }).optional(),
  kev: z.object({ added: z.string(), due: z.string().optional(), ransomware: z.boolean() }).optional(),
  vex: z
    .object({
      status: z.enum(vexStatuses),
      ...{ justification: z.string().optional(), statement: z.string().optional(), author: z.string().optional() },
      ...{ at: z.string().optional(), source: z.string() },
    })
    .optional(),
  ignored: z.object({ reason: z.string(), expires: z.string() }).optional(),
  decision: z
    .object({ id: z.string(), by: z.string(), owner: z.string(), until: z.string().optional() })
    .optional()
    .describe('What `vex` or `ignored` is from'),
});
