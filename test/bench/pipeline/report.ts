import type { HistoryCounts } from './count-histories.ts';
import type { Checkpoint } from './drive.ts';
import type { Latency } from './progress-of.ts';

/** Everything one run found: what `--json` prints. */
export interface BenchReport {
  readonly count: number;
  readonly inFlight: number;
  readonly seconds: number;
  /** Artifacts a second, from the first push that counts to the last one live in prod. */
  readonly rate: number;
  /** What went the whole way before the counting began; everything but this and `whole` is of the counted ones. */
  readonly warmUp: Stretch | null;
  /** Warm-up and counted together. */
  readonly whole: Stretch;
  /** Reference workflows a second, before and after. */
  readonly reference: { readonly before: number; readonly after: number };
  /** `rate` over the mean of the references: what a change on another machine is compared by. */
  readonly ratio: number;
  readonly perArtifact: HistoryCounts & { readonly events: number };
  readonly intakePerArtifact: Readonly<Record<string, number>>;
  readonly latencies: readonly Latency[];
  readonly processes: readonly ProcessCost[];
  /** Hundred by hundred. */
  readonly stretches: readonly Stretch[];
}

interface ProcessCost {
  readonly name: string;
  /** MiB at the end of the run. */
  readonly memoryMiB: number;
  /** Milliseconds of CPU per artifact: of all that are counted, of the warm-up, and of the last stretch. */
  readonly cpuMs: number;
  readonly warmUpMs: number | null;
  readonly lastMs: number;
}

export interface Stretch {
  /** Live in prod at its beginning, and at its end. */
  readonly from: number;
  readonly until: number;
  /** By what was done, those under way included (`Checkpoint.done`). */
  readonly rate: number;
  readonly cpuMs: number;
}

const STRETCH = 100;

export function processCosts(counted: readonly Checkpoint[], warmUp: readonly Checkpoint[]): ProcessCost[] {
  const last = counted.at(-1);
  const cost = (name: string, from: Checkpoint | undefined, until: Checkpoint | undefined): number =>
    (((until?.usage[name]?.cpuSeconds ?? 0) - (from?.usage[name]?.cpuSeconds ?? 0)) * 1000) /
    ((until?.done ?? 0) - (from?.done ?? 0));
  const lastFrom = counted.findLast(({ live }) => live <= (last?.live ?? 0) - STRETCH) ?? counted[0];
  return Object.entries(last?.usage ?? {}).map(([name, { memoryMiB }]) => ({
    ...{ name, memoryMiB },
    cpuMs: cost(name, counted[0], last),
    warmUpMs: warmUp.length === 0 ? null : cost(name, warmUp[0], warmUp.at(-1)),
    lastMs: cost(name, lastFrom, last),
  }));
}

/** From one look at a run to a later one. */
function stretchBetween(first: Checkpoint, last: Checkpoint): Stretch {
  const artifacts = last.done - first.done;
  const cpuSeconds = (one: Checkpoint) => Object.values(one.usage).reduce((sum, usage) => sum + usage.cpuSeconds, 0);
  return {
    from: first.live,
    until: last.live,
    rate: artifacts / (last.seconds - first.seconds),
    cpuMs: ((cpuSeconds(last) - cpuSeconds(first)) * 1000) / artifacts,
  };
}

/** A run from its first look to its last. Throws where nobody looked twice. */
export function stretchOfAll(checkpoints: readonly Checkpoint[]): Stretch {
  const [first, last] = [checkpoints[0], checkpoints.at(-1)];
  if (first === undefined || last === undefined || first === last) throw new Error('the run was looked at once');
  return stretchBetween(first, last);
}

/** Of one run and the one after it: what both took, without what was between them. */
export function joinStretches(before: Stretch | null, after: Stretch): Stretch {
  if (before === null) return after;
  const until = before.until + after.until;
  return {
    ...{ from: 0, until },
    rate: until / (before.until / before.rate + after.until / after.rate),
    cpuMs: (before.until * before.cpuMs + after.until * after.cpuMs) / until,
  };
}

/** The whole run in stretches of about a hundred artifacts. */
export function stretchesOf(checkpoints: readonly Checkpoint[]): Stretch[] {
  const stretches: Stretch[] = [];
  let first = checkpoints[0];
  for (const checkpoint of checkpoints) {
    if (first === undefined || checkpoint === first) continue;
    if (checkpoint.live - first.live < STRETCH && checkpoint !== checkpoints.at(-1)) continue;
    stretches.push(stretchBetween(first, checkpoint));
    first = checkpoint;
  }
  return stretches;
}

export function formatReport(report: BenchReport): string {
  const { perArtifact, reference } = report;
  const row = (name: string, value: string) => `${name.padEnd(44)} ${value}`;
  const number = (value: number, digits = 2) => value.toFixed(digits);
  const stretch = ({ rate, cpuMs }: Stretch) => `${number(rate)} a second, ${number(cpuMs, 0)} ms CPU each`;
  const columns = (name: string, values: readonly (number | string)[]) =>
    [
      name.padEnd(16),
      ...values.map((value) => (typeof value === 'number' ? number(value, 0) : value).padStart(12)),
    ].join(' ');
  return [
    row('artifacts, webhook to prod', `${report.count}, ${report.inFlight} in flight`),
    row('seconds', number(report.seconds, 1)),
    row('artifacts a second (at least 2)', number(report.rate)),
    ...(report.warmUp === null
      ? []
      : [
          row(`warm-up before it, ${report.warmUp.until} artifacts`, stretch(report.warmUp)),
          row(`both together, ${report.whole.until} artifacts`, stretch(report.whole)),
        ]),
    row('reference workflows a second, before, after', `${number(reference.before)}, ${number(reference.after)}`),
    row('artifacts to one reference workflow', number(report.ratio, 3)),
    row('workflows per artifact (at most 4)', number(perArtifact.workflows)),
    row('activities per artifact (at most 16)', number(perArtifact.activities)),
    row('local activities per artifact', number(perArtifact.localActivities)),
    row(
      'workflow tasks, signals, events per artifact',
      `${number(perArtifact.workflowTasks, 1)}, ${number(perArtifact.signals, 1)}, ${number(perArtifact.events, 1)}`,
    ),
    row(
      'registry events per artifact, by outcome',
      Object.entries(report.intakePerArtifact)
        .map(([name, value]) => `${name} ${number(value, 1)}`)
        .join(', '),
    ),
    ...report.latencies.map(({ environment, p50, p99 }) =>
      row(`webhook to live in ${environment}, p50, p99`, `${number(p50, 1)} s, ${number(p99, 1)} s`),
    ),
    ...report.stretches.map((one) => row(`artifacts ${one.from + 1} to ${one.until}`, stretch(one))),
    '',
    columns('process', ['memory, MiB', 'CPU ms each', 'warm-up', 'last 100']),
    ...report.processes.map(({ name, memoryMiB, cpuMs, warmUpMs, lastMs }) =>
      columns(name, [memoryMiB, cpuMs, warmUpMs ?? '', lastMs]),
    ),
    '',
  ].join('\n');
}
