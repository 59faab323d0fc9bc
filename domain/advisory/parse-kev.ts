/** CISA's Known Exploited Vulnerabilities catalogue (https://www.cisa.gov/known-exploited-vulnerabilities-catalog), as JSON. */
import { z } from 'zod';
import type { KnownExploited } from './threat.ts';

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const schema = z.object({
  catalogVersion: z.string().max(100),
  /** How many entries there are. */
  count: z.number().int().optional(),
  vulnerabilities: z
    .array(
      z.object({
        cveID: z.string().regex(/^CVE-\d{4}-\d{4,}$/),
        dateAdded: day,
        dueDate: day.optional(),
        knownRansomwareCampaignUse: z.string().optional(),
      }),
    )
    .max(1_000_000),
});

/** Entries by CVE; undefined where the value is no such catalogue, or has another number of entries than it says. */
export function parseKev(json: unknown): ReadonlyMap<string, KnownExploited> | undefined {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return undefined;
  const { count, vulnerabilities } = parsed.data;
  if (count !== undefined && count !== vulnerabilities.length) return undefined;
  return new Map(
    vulnerabilities.map(({ cveID, dateAdded, dueDate, knownRansomwareCampaignUse: use }) => [
      cveID,
      { added: dateAdded, ...(dueDate === undefined ? {} : { due: dueDate }), ransomware: use === 'Known' },
    ]),
  );
}
