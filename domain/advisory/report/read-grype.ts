/** `grype -o json` (github.com/anchore/grype, grype/presenter/models: Document, Match, Vulnerability, Package). */
import { z } from 'zod';
import { digestsIn, reportLimits, type ScannerReport, severityOf } from './scanner-report.ts';

const text = z.string().max(reportLimits.text);
const listOf = <T extends z.ZodType>(item: T) => z.array(item).max(reportLimits.ids).nullish();
const documentSchema = z.object({
  matches: z
    .array(
      z.object({
        vulnerability: z.object({
          id: text.min(1),
          severity: text.nullish(),
          fix: z.object({ versions: listOf(text) }).nullish(),
        }),
        relatedVulnerabilities: listOf(z.object({ id: text.min(1) })),
        artifact: z.object({ name: text, version: text, purl: text.nullish() }),
      }),
    )
    .max(reportLimits.findings),
  /** `target` is a path where it is no image. */
  source: z
    .object({
      target: z.union([
        text,
        z.object({ imageID: text.nullish(), manifestDigest: text.nullish(), repoDigests: listOf(text) }),
      ]),
    })
    .nullish(),
  descriptor: z.object({ name: z.literal('grype'), version: text.nullish() }),
});

/** Throws a ZodError. */
export function readGrype(json: unknown): ScannerReport {
  const { matches, source, descriptor } = documentSchema.parse(json);
  const target = typeof source?.target === 'object' ? source.target : undefined;
  return {
    scanner: descriptor.name,
    version: descriptor.version ?? '',
    about: digestsIn([target?.imageID, target?.manifestDigest, ...(target?.repoDigests ?? [])]),
    findings: matches.map(({ vulnerability, relatedVulnerabilities, artifact: { name, version, purl } }) => ({
      ids: [...new Set([vulnerability.id, ...(relatedVulnerabilities ?? []).map(({ id }) => id)])],
      ...(purl ? { purl } : {}),
      ...{ name, version },
      severity: severityOf(vulnerability.severity ?? undefined),
      fixedIn: vulnerability.fix?.versions ?? [],
    })),
  };
}
