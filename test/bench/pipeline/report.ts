import type { HistoryCounts } from './count-histories.ts';
import type { Checkpoint } from './drive.ts';
import type { Latency } from './progress-of.ts';

/** Everything one run found: what `--json` prints. */
export interface BenchReport {
  readonly count: number;
  readonly inFlight: number;
  readonly seconds: number;
  /** Artifacts a second, from the first push to the last one live in prod. */
  readonly rate: number;
  /** Reference workflows a second, before and after. */
  readonly reference: { readonly before: number; readonly after: number };
  /** `rate` over the mean of the references: what a change on another machine is compared by. */
  readonly ratio: number;
  readonly perArtifact: HistoryCounts & { readonly events: number };
  readonly intakePerArtifact: Readonly<Record<string, number>>;
  readonly latencies: readonly Latency[];
  readonly processes: readonly ProcessCost[];
  /** Of the stretch of artifacts that ends at `until`. */
  readonly stretches: readonly Stretch[];
}

interface ProcessCost {
  readonly name: string;
  /** MiB at the end of the run. */
  readonly memoryMiB: number;
  /** Milliseconds of CPU per artifact over the run. */
  readonly cpuMs: number;
}

export interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly rate: number;
  readonly cpuMs: number;
}

export function processCosts(checkpoints: readonly Checkpoint[], count: number): ProcessCost[] {
  const first = checkpoints[0]?.usage ?? {};
  return Object.entries(checkpoints.at(-1)?.usage ?? {}).map(([name, usage]) => ({
    name,
    memoryMiB: usage.memoryMiB,
    cpuMs: ((usage.cpuSeconds - (first[name]?.cpuSeconds ?? 0)) * 1000) / count,
  }));
}

/** The stretch of about `length` artifacts that ends at each of `ends`. */
export function stretchesOf(checkpoints: readonly Checkpoint[], ends: readonly number[], length: number): Stretch[] {
  return ends.flatMap((end) => {
    const last = checkpoints.find(({ live }) => live >= end);
    const first = checkpoints.findLast(({ live }) => live <= end - length);
    if (last === undefined || first === undefined || last.live === first.live) return [];
    const artifacts = last.live - first.live;
    const cpuSeconds = (one: Checkpoint) => Object.values(one.usage).reduce((sum, usage) => sum + usage.cpuSeconds, 0);
    return {
      from: first.live,
      until: last.live,
      rate: artifacts / (last.seconds - first.seconds),
      cpuMs: ((cpuSeconds(last) - cpuSeconds(first)) * 1000) / artifacts,
    };
  });
}

export function formatReport(report: BenchReport): string {
  const { perArtifact, reference } = report;
  const row = (name: string, value: string) => `${name.padEnd(44)} ${value}`;
  const number = (value: number, digits = 2) => value.toFixed(digits);
  return [
    row('artifacts, webhook to prod', `${report.count}, ${report.inFlight} in flight`),
    row('seconds', number(report.seconds, 1)),
    row('artifacts a second (at least 2)', number(report.rate)),
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
    ...report.stretches.map(({ from, until, rate, cpuMs }) =>
      row(`artifacts ${from + 1} to ${until}`, `${number(rate)} a second, ${number(cpuMs, 0)} ms CPU each`),
    ),
    '',
    `${'process'.padEnd(16)} ${'memory, MiB'.padStart(12)} ${'CPU ms per artifact'.padStart(20)}`,
    ...report.processes.map(
      ({ name, memoryMiB, cpuMs }) =>
        `${name.padEnd(16)} ${number(memoryMiB, 0).padStart(12)} ${number(cpuMs, 0).padStart(20)}`,
    ),
    '',
  ].join('\n');
}
