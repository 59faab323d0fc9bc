import type { Finding } from '../../../domain/advisory/finding.ts';
import type { ReportComparison } from '../../../domain/advisory/report/compare-report.ts';
import type { ScannedComponents } from '../../../domain/advisory/scan-components.ts';
import type { Location } from '../../../domain/sbom/component.ts';
import type { SbomSubject } from '../../../domain/sbom/document.ts';
import type { SourceStock } from '../source.ts';

/** One platform of what was scanned. */
export interface ScannedPlatform {
  /** `linux/amd64`; absent for directories, archives and SBOMs. */
  readonly platform: string | undefined;
  readonly source: SourceStock;
  readonly result: ScannedComponents;
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
  /** From a path that the source names to where code hosts find it. */
  readonly pathOf: (place: string) => string;
  /** For people: `directory /src/shop`. */
  readonly describe: string;
  /** What the platforms are together, where one of several may be asked for; absent where it is one of them that was scanned. */
  readonly whole?: SbomSubject;
  readonly platforms: readonly ScannedPlatform[];
  readonly toolVersion: string;
  /** RFC 3339; when the scan ran. */
  readonly scannedAt: string;
  readonly reports: readonly ComparedReport[];
}

/** One output format: the whole text, also in pieces, ending in a newline; undefined where the format has no document that says it. */
export type ScanWriter = (report: ScanReport) => string | Iterable<string> | undefined;

/** All findings with the platform each is of, worst first within a platform. */
export function listFindings(
  report: ScanReport,
): { readonly finding: Finding; readonly platform: string | undefined }[] {
  return report.platforms.flatMap(({ platform, result }) => result.findings.map((finding) => ({ finding, platform })));
}

/** Components that advisories could speak of: the others have no package URL, or are of an ecosystem without advisories. */
function countComparable({ platforms }: Pick<ScanReport, 'platforms'>): number {
  return platforms.reduce(
    (sum, { source, result }) =>
      sum + source.stock.components.length - result.undecided.filter(({ advisory }) => advisory === undefined).length,
    0,
  );
}

/** For people: why nothing that was found is no clean bill; undefined where something could be compared. */
export function describeNothing(report: Pick<ScanReport, 'platforms' | 'describe'>): string | undefined {
  if (countComparable(report) > 0) return undefined;
  const components = report.platforms.reduce((sum, { source }) => sum + source.stock.components.length, 0);
  return components === 0
    ? `nothing to compare: no component was found in ${report.describe}`
    : `nothing to compare: advisories go by the package URL of none of the ${components} components of ${report.describe}`;
}

/** `sha256:0123456789ab /usr/lib/x`: enough of the layer to tell it, and the whole path. */
export function formatLocation({ path, layer }: Location): string {
  return layer === undefined ? path : `${layer.slice(0, 'sha256:'.length + 12)} ${path}`;
}
