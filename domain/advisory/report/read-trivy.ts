/** `trivy --format json`, schema version 2 (github.com/aquasecurity/trivy, pkg/types: Report, Result, DetectedVulnerability). */
import { z } from 'zod';
import { digestsIn, reportLimits, type ScannerReport, severityOf } from './scanner-report.ts';

const text = z.string().max(reportLimits.text);
const documentSchema = z.object({
  SchemaVersion: z.literal(2),
  Trivy: z.object({ Version: text.nullish() }).nullish(),
  ArtifactName: text.nullish(),
  Metadata: z.object({ ImageID: text.nullish(), RepoDigests: z.array(text).max(reportLimits.ids).nullish() }).nullish(),
  Results: z
    .array(
      z.object({
        Vulnerabilities: z
          .array(
            z.object({
              VulnerabilityID: text.min(1),
              VendorIDs: z.array(text).max(reportLimits.ids).nullish(),
              PkgName: text,
              PkgIdentifier: z.object({ PURL: text.nullish() }).nullish(),
              InstalledVersion: text.nullish(),
              FixedVersion: text.nullish(),
              Severity: text.nullish(),
            }),
          )
          .max(reportLimits.findings)
          .nullish(),
      }),
    )
    .max(reportLimits.findings)
    .nullish(),
});

/** Throws a ZodError. */
export function readTrivy(json: unknown): ScannerReport {
  const { Results, Trivy, ArtifactName, Metadata } = documentSchema.parse(json);
  const found = (Results ?? []).flatMap(({ Vulnerabilities }) => Vulnerabilities ?? []);
  return {
    scanner: 'trivy',
    version: Trivy?.Version ?? '',
    about: digestsIn([ArtifactName, Metadata?.ImageID, ...(Metadata?.RepoDigests ?? [])]),
    findings: found.map((one) => ({
      ids: [...new Set([one.VulnerabilityID, ...(one.VendorIDs ?? [])])],
      ...(one.PkgIdentifier?.PURL ? { purl: one.PkgIdentifier.PURL } : {}),
      ...{ name: one.PkgName, version: one.InstalledVersion ?? '', severity: severityOf(one.Severity ?? undefined) },
      fixedIn: (one.FixedVersion ?? '').split(/,\s*/).filter((version) => version !== ''),
    })),
  };
}
