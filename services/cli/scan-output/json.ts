import type { Undecided } from '../../../domain/advisory/finding.ts';
import type { ComparedReport, ScanReport } from './scan-report.ts';

const toReport = ({ file, scanner, agreed, onlyTheirs, onlyOurs }: ComparedReport) => ({
  file,
  scanner,
  agreed: agreed.length,
  onlyTheirs,
  onlyOurs: onlyOurs.map(({ advisory, purl }) => ({ advisory, purl })),
});

/** Where the undecided matches of a platform stand: no text of JSON has a line end of its own. */
const PLACE = '\n      "undecided": [],';

/**
 * Our own format: findings and undecided matches as the service stores them, a list a platform. In pieces: of an SBOM that the
 * advisories say nothing about, every component is undecided.
 */
export function* writeJson(report: ScanReport): Generator<string> {
  const [head = '', ...rest] = withoutUndecided(report).split(PLACE);
  yield head;
  for (const [index, piece] of rest.entries()) {
    yield* undecidedPieces(report.platforms[index]?.result.undecided ?? []);
    yield piece;
  }
}

function* undecidedPieces(undecided: readonly Undecided[]): Generator<string> {
  if (undecided.length === 0) return yield PLACE;
  yield PLACE.slice(0, -2);
  for (const [index, one] of undecided.entries())
    yield `${index === 0 ? '' : ','}\n        ${JSON.stringify(one, null, 2).replaceAll('\n', '\n        ')}`;
  return yield '\n      ],';
}

function withoutUndecided(report: ScanReport): string {
  return `${JSON.stringify(
    {
      target: report.target,
      scannedAt: report.scannedAt,
      platforms: report.platforms.map(({ platform, source, result }) => ({
        ...(platform === undefined ? {} : { platform }),
        ...(source.subject.digest === undefined ? {} : { digest: source.subject.digest }),
        components: source.stock.components.length,
        complete: source.stock.complete,
        unreadable: source.stock.unreadable,
        findings: result.findings,
        undecided: [],
        upgrades: result.upgrades,
        ...(result.left === undefined ? {} : { left: result.left }),
        database: result.database,
      })),
      ...(report.reports.length === 0 ? {} : { reports: report.reports.map(toReport) }),
    },
    null,
    2,
  )}\n`;
}
