import { type Score, type ScoredElement, shareOf } from '../../domain/sbom/score.ts';
import { formatAligned } from './aligned-table.ts';
import { printable } from './printable.ts';

/** Columns of kinds: the most frequent ones. */
const MAX_KINDS = 6;

/** For a terminal: both scores, then each data field, by whom it is asked for and how many components have it. */
export function formatScore({ profiles, elements }: Score): string {
  const kinds = (elements.find((one) => one.kinds.length > 0)?.kinds ?? []).slice(0, MAX_KINDS);
  const rows = [
    ['FIELD', 'NTIA', 'BSI', 'ALL', ...kinds.map(({ ecosystem, total }) => `${ecosystem} (${total})`)],
    ...elements.map((one) => [
      one.element,
      one.profiles.includes('ntia') ? 'x' : '',
      one.profiles.includes('bsi') ? 'x' : '',
      share(one),
      ...(one.kinds.length === 0 ? [] : kinds.map(({ ecosystem }) => share(kindOf(one, ecosystem)))),
    ]),
  ];
  const missing = elements
    .filter((one) => one.total > 1 && one.present < one.total && one.missing.length > 0)
    .map((one) => `  ${one.element}: ${one.total - one.present} without, such as ${printable(one.missing[0] ?? '')}\n`);
  return [
    `NTIA minimum elements  ${String(profiles.ntia).padStart(3)} %\nBSI TR-03183-2         ${String(profiles.bsi).padStart(3)} %\n`,
    formatAligned(rows),
    ...(missing.length === 0 ? [] : [`Missing:\n${missing.join('')}`]),
  ].join('\n');
}

function kindOf({ kinds }: ScoredElement, ecosystem: string): { present: number; total: number } {
  return kinds.find((one) => one.ecosystem === ecosystem) ?? { present: 0, total: 1 };
}

/** Rounded down: 100 % is all of them. */
function share(counted: { present: number; total: number }): string {
  return `${Math.floor(100 * shareOf(counted))} %`;
}
