/** Looks at status and metrics while a server is away, and says what they should have said and did not. */
import { setTimeout as delay } from 'node:timers/promises';
import type { PartStatus } from '../../infra/dev/stack-status.ts';
import type { Pratique } from '../e2e/stack.ts';
import { type Metrics, readMetrics } from './read-metrics.ts';

const LOOK_EVERY_MS = 10_000;
const SAY_EVERY_LOOKS = 12;
/** From the death of a server until everybody has noticed. */
const NOTICED_WITHIN_MS = 15_000;
const WATCHED = /^pratique_(?:dependency_unavailable|backlog|kafka_consumer_lag)/;

export interface OutageWatch {
  readonly problems: readonly string[];
  /** The highest of each metric. */
  stop(): Promise<Metrics>;
}

export function createWatch({ stack }: Pratique, of: string, log: (line: string) => void): OutageWatch {
  const problems: string[] = [];
  const peaks = new Map<string, number>();
  const stopping = new AbortController();
  const started = Date.now();
  const look = async (turn: number) => {
    for (const [sample, value] of await readMetrics(stack, WATCHED))
      peaks.set(sample, Math.max(peaks.get(sample) ?? 0, value));
    const parts = (await stack.status()) ?? [];
    if (turn % SAY_EVERY_LOOKS === 0)
      for (const part of parts.filter(({ healthy }) => !healthy)) log(describePart(part));
    if (Date.now() - started < NOTICED_WITHIN_MS) return;
    const part = parts.find(({ name }) => name === of);
    if (part?.healthy !== false) problems.push(`the status calls ${of} healthy`);
    else if (part.since === undefined) problems.push(`the status does not say since when ${of} is away`);
    else if (Math.abs(Date.parse(part.since) - started) > NOTICED_WITHIN_MS)
      problems.push(`the status says that ${of} is away since ${part.since}`);
  };
  const running = (async () => {
    for (let turn = 1; !stopping.signal.aborted; turn += 1) {
      await delay(LOOK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      await look(turn);
    }
  })();
  return {
    problems,
    async stop() {
      stopping.abort();
      await running;
      const away = (Date.now() - started) / 1000;
      const noticed = [...peaks].filter(
        ([sample, value]) =>
          sample.includes(`dependency="${of}"`) && value > away - 2 * (NOTICED_WITHIN_MS / 1000) && value > 0,
      );
      if (noticed.length === 0) problems.push(`no metric says for how long ${of} has been away`);
      return peaks;
    },
  };
}

function describePart({ name, reason, since }: PartStatus): string {
  return `status: ${name}: ${reason ?? 'no reason given'}, since ${since ?? 'nobody knows when'}`;
}
