import { type Command, Option } from 'commander';
import type { ListAnswer, PolicyReportCountsAnswer, ReportedArtifactAnswer } from './api-answers.ts';
import { exitCodes } from './exit-codes.ts';
import { limitOption, listPages } from './list-pages.ts';
import { defineServerCommand } from './server-command.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatTable } from './text-table.ts';
import type { VerbContext } from './verb.ts';

const DETAILS = `
What is in each environment, as its gates say it now, whatever the mode of the environment: what would be denied if it enforced.
Exit code 0 where that is nothing, or only what an import left there until a date that is to come; else 1.
`;
const LIMIT = 1000;

interface ReportAnswer extends PolicyReportCountsAnswer, ListAnswer<ReportedArtifactAnswer> {}

/** `pratique policy report`: what would be denied under `enforce`. */
export function definePolicyReport(command: Command, context: VerbContext): void {
  defineServerCommand<{ environment?: string; all?: true; limit: number }>(command.command('report'), context, {
    summary: 'Say what is in the environments and would be denied under enforce, gate by gate',
    details: DETAILS,
    options: [
      new Option('--environment <name>', 'one of them'),
      new Option('--all', 'what passes too'),
      limitOption(LIMIT),
    ],
    permission: 'read',
    examples: ['policy report', 'policy report --environment prod --json'],
    async run({ api, show }, _, { environment, all, limit }) {
      const counts = await api.get<PolicyReportCountsAnswer>('/policies/report/counts', { environment });
      const query = { environment, ...(all ? { all: 'true' } : {}) };
      const page = await listPages<ReportedArtifactAnswer>(api, '/policies/report', query, limit);
      show<ReportAnswer>({ ...counts, ...page }, renderReport);
      const isFine = counts.environments.every(({ wouldBeDenied, grandfathered }) => wouldBeDenied === grandfathered);
      return isFine ? exitCodes.pass : exitCodes.fail;
    },
  });
}

function renderReport({ environments, items, next }: ReportAnswer, style: Style): string {
  const summary = formatTable(
    ['ENVIRONMENT', 'MODE', 'ARTIFACTS', 'WOULD BE DENIED', 'OF THOSE GRANDFATHERED', 'PAST THEIR DATE'],
    environments.map((one) => [
      ...[one.environment, one.mode, String(one.artifacts), String(one.wouldBeDenied)],
      ...[String(one.grandfathered), String(one.ended)],
    ]),
  );
  if (items.length === 0) return summary;
  const rows = items.flatMap((one) => {
    const gates = one.gates.map(({ gate, verdict, reason }) => [gate, paintState(verdict, style), reason]);
    const lines = gates.length > 0 ? gates : [['-', paintState(one.outcome, style), noGates(one)]];
    const name = `${one.repository || one.destination}@${shortDigest(one.digest, style)}`;
    return lines.map((gate, at) =>
      at === 0 ? [one.environment, name, ...gate, standing(one, style)] : ['', '', ...gate, ''],
    );
  });
  const table = formatTable(['ENVIRONMENT', 'ARTIFACT', 'GATE', 'VERDICT', 'REASON', 'STANDS'], rows);
  return `${summary}\n${table}${next === null ? '' : 'there are more: --limit shows them\n'}`;
}

function noGates({ outcome }: ReportedArtifactAnswer): string {
  return outcome === 'unjudged' ? 'not judged yet: without a verdict nothing enters' : '';
}

/** How it comes that it is there all the same. */
function standing({ admitted, fenced, grandfathered }: ReportedArtifactAnswer, style: Style): string {
  if (fenced) return 'in quarantine';
  if (admitted) return 'let in';
  if (grandfathered === null) return 'nobody let it in';
  const { until, ended } = grandfathered;
  return ended
    ? style.paint.red(`past its date: ${formatTime(until, style)}`)
    : `grandfathered until ${formatTime(until, style)}`;
}
