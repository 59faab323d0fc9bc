import { plural } from '../../domain/plural.ts';
import type { ScannerReportsAnswer } from './api-answers.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatRows } from './text-table.ts';

type Report = ScannerReportsAnswer['items'][number];
type Difference = Report['theirs'][number];

const differenceWords = ({ severity, advisory, purl, name, version }: Difference) =>
  `${severity} ${advisory} in ${purl ?? (name === '' ? 'a package it does not name' : `${name} ${version}`)}`;

function differences(side: readonly Difference[], count: number, who: string): string[][] {
  const more = count - side.length;
  return [...side.map((one) => ['', who, differenceWords(one)]), ...(more > 0 ? [['', who, `and ${more} more`]] : [])];
}

/** What other scanners found in an artifact, and where they and we differ. */
export function renderReports(reports: readonly Report[], style: Style): string {
  return reports
    .map((one) => {
      const { digest, scanner, version, named, source, submittedBy, submittedAt, withdrawn } = one;
      const by = `${source}, by ${submittedBy}, ${formatTime(submittedAt, style)}${named ? '' : ', names no image'}`;
      const state =
        withdrawn === null
          ? `${plural(one.findings, 'finding')}, ${one.agreed} of ours among them`
          : `${paintState('withdrawn', style)} by ${withdrawn.by}: ${withdrawn.reason}`;
      const head = formatRows([[`${scanner} ${version}`.trim(), shortDigest(digest, style), state, by]]);
      if (withdrawn !== null) return head;
      return `${head}${formatRows([
        ...differences(one.theirs, one.onlyTheirs, 'only there'),
        ...differences(one.ours, one.onlyOurs, 'only here'),
      ])}`;
    })
    .join('');
}
