import { z } from 'zod';

const differenceSchema = z.object({
  advisory: z.string(),
  purl: z.string().nullable(),
  name: z.string(),
  version: z.string(),
  severity: z.string(),
});

export const scannerReportSchema = z.object({
  digest: z.string().describe("Of the report's own bytes"),
  scanner: z.string(),
  version: z.string(),
  about: z.string().describe('What it is held against: the artifact, or one platform of it'),
  named: z.boolean().describe('The report says so itself; else who brought it does'),
  source: z.string(),
  submittedBy: z.string(),
  submittedAt: z.string(),
  findings: z.number(),
  agreed: z.number().describe('Of our findings: those it has, too'),
  onlyTheirs: z.number(),
  onlyOurs: z.number(),
  theirs: z.array(differenceSchema).describe('The first of what only it has'),
  ours: z.array(differenceSchema).describe('The first of what only we have'),
  withdrawn: z.object({ by: z.string(), reason: z.string(), at: z.string() }).nullable(),
});

export const reportReceiptSchema = z.object({
  digest: z.string(),
  scanner: z.string(),
  version: z.string(),
  findings: z.number(),
  about: z.string(),
  isNamed: z.boolean(),
  isNew: z.boolean().describe('False where it was brought before: nothing changed'),
});
