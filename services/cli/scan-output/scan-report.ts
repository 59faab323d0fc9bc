import type { Finding, ScanResult } from '../../../domain/advisory/finding.ts';
import type { ReportComparison } from '../../../domain/advisory/report/compare-report.ts';
import type { Location } from '../../../domain/sbom/component.ts';
import type { SourceStock } from '../source.ts';

/** One platform of what was scanned. */
export interface ScannedPlatform {
  /** `linux/amd64`; absent for directories, archives and SBOMs. */
  readonly platform: string | undefined;
  readonly source: SourceStock;
  readonly result: ScanResult;
}

/** The report of another scanner, held against the findings of all platforms. */
export interface ComparedReport extends ReportComparison {
  readonly file: string;
  /** With its version, where the report says it. */
  readonly scanner: string;
}

/** What every output format is made from. */
export interface ScanReport {
  /** As the user named it. */
  readonly target: string;
  /** For people: `directory /src/shop`. */
  readonly describe: string;
  readonly platforms: readonly ScannedPlatform[];
  readonly toolVersion: string;
  /** RFC 3339; when the scan ran. */
  readonly scannedAt: string;
  readonly reports: readonly ComparedReport[];
}

/** One output format: the whole text, ending in a newline; undefined where the format has no document that says it. */
export type ScanWriter = (report: ScanReport) => string | undefined;

/** All findings with the platform each is of, worst first within a platform. */
export function listFindings(
  report: ScanReport,
): { readonly finding: Finding; readonly platform: string | undefined }[] {
  return report.platforms.flatMap(({ platform, result }) => result.findings.map((finding) => ({ finding, platform })));
}

/** `sha256:0123456789ab /usr/lib/x`: enough of the layer to tell it, and the whole path. */
export function formatLocation({ path, layer }: Location): string {
  return layer === undefined ? path : `${layer.slice(0, 'sha256:'.length + 12)} ${path}`;
}
