import type { ArtifactDetail } from '../../adapters/postgres/read-artifact-detail.ts';
import { formatTime, paintState, type Style } from './style.ts';

const DETAILS_SHOWN = 10;

/** One environment's verdict: the sentence, then each gate with its reason and details. */
export function renderVerdict(verdict: ArtifactDetail['verdicts'][number], style: Style): string {
  const { environment, outcome, admitted, policyVersion, evaluatedAt, decisionsUntil, gates } = verdict;
  const entry = admitted ? (outcome === 'pass' ? 'may enter' : 'may enter (audit)') : 'may not enter';
  const until = decisionsUntil === undefined ? '' : `; rests on decisions until ${formatTime(decisionsUntil, style)}`;
  const head = `  ${style.paint.bold(environment)}: ${paintState(outcome, style)}, ${entry}; policy ${policyVersion}, judged ${formatTime(evaluatedAt, style)}${until}\n`;
  const widest = Math.max(0, ...gates.map(({ gate }) => gate.length));
  const lines = gates.flatMap(({ gate, verdict: said, reason, details }) => [
    `    ${paintState(said, style)}${' '.repeat(Math.max(2, 9 - said.length))}${gate.padEnd(widest)}  ${reason}\n`,
    ...shownDetails(details, style).map((line) => `${' '.repeat(15 + widest)}${style.paint.dim(line)}\n`),
  ]);
  return `${head}${lines.join('')}`;
}

function shownDetails(details: readonly string[], { full }: Style): readonly string[] {
  if (full || details.length <= DETAILS_SHOWN) return details;
  return [...details.slice(0, DETAILS_SHOWN), `… ${details.length - DETAILS_SHOWN} more: --full`];
}
