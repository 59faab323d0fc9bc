/** One server away for a while, under light traffic: what senders hear, what the metrics and the status say, and how it ends. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../domain/artifact/digest.ts';
import { auditing } from '../e2e/policies.ts';
import { eventually, type Pratique, pushTagged, smallImage, startPratique } from '../e2e/stack.ts';
import type { Metrics } from './read-metrics.ts';
import { createSenders } from './senders.ts';
import { createWatch } from './watch-outage.ts';

export const servers = ['temporal', 'kafka', 'postgres', 'registry'] as const;
export type Server = (typeof servers)[number];

export interface OutageOptions {
  readonly of: Server;
  readonly minutes: number;
  readonly log: (line: string) => void;
}

export interface OutageReport {
  /** Calls of the webhook by status while the server was away; 0 where there was no answer. */
  readonly answers: ReadonlyMap<number, number>;
  readonly accepted: number;
  /** From the return of the server until everything was done. */
  readonly resumedAfterMs: number;
  /** The highest values of metrics while it was away. */
  readonly peaks: Metrics;
  /** What did not hold; empty is good. */
  readonly violations: readonly string[];
}

const BEFORE = 3;
const CALL_EVERY_MS = 1000;
const WITHIN_MS = 900_000;
const REPOSITORY = 'outage/app';

/** Killed, not stopped: nothing is written down on the way out. Nobody restarts anything but that server. */
export async function runOutage({ of, minutes, log }: OutageOptions): Promise<OutageReport> {
  const pratique = await startPratique(auditing);
  try {
    const digests: Digest[] = [];
    const push = async () => {
      const name = `v${digests.length}`;
      digests.push(await pushTagged(pratique.registry, REPOSITORY, await smallImage(name), name));
    };
    for (let index = 0; index < BEFORE; index += 1) await push();
    await untilLive(pratique, digests);
    const pids = await pidsOf(pratique);
    const senders = await createSenders(pratique, `${REPOSITORY.split('/')[0]}/**`);
    const watch = createWatch(pratique, of, log);
    log(`${of} is killed, for ${minutes} minutes`);
    await pratique.stack.kill(of, 'SIGKILL');
    const end = Date.now() + minutes * 60_000;
    const calls: Promise<void>[] = [];
    for (let turn = 0; Date.now() < end; turn += 1) {
      const digest = digests[turn % digests.length] as Digest;
      calls.push(senders.notify(REPOSITORY, digest, `v${turn % digests.length}`, `outage-${turn}`));
      if (turn === 3 && of !== 'registry') await push();
      await delay(CALL_EVERY_MS);
    }
    const answers = new Map(senders.sent.answers);
    const peaks = await watch.stop();
    const back = Date.now();
    await pratique.stack.restart(of);
    log(`${of} is back after ${((Date.now() - back) / 1000).toFixed(1)} s`);
    await Promise.all(calls);
    await untilDone(pratique, [...senders.sent.accepted]);
    await untilLive(pratique, digests);
    const resumedAfterMs = Date.now() - back;
    await senders.close();
    const violations = [
      ...senders.sent.unclear,
      ...watch.problems,
      ...(await changedPids(pratique, pids, of)),
      ...(await wrongOutcomes(pratique)),
    ];
    return { answers, accepted: senders.sent.accepted.size, resumedAfterMs, peaks, violations };
  } finally {
    await pratique.close();
  }
}

async function untilLive({ registry }: Pratique, digests: readonly Digest[]): Promise<void> {
  for (const digest of digests)
    await eventually(
      `${digest} in prod`,
      async () => ((await registry.resolve(`prod/${REPOSITORY}`, digest)) === undefined ? undefined : true),
      WITHIN_MS,
    );
}

/** Every accepted event decided, every artifact judged, everything told. */
async function untilDone({ query }: Pratique, accepted: readonly string[]): Promise<void> {
  const left = `select (select count(*) from unnest($1::text[]) as id where not exists (select 1 from intake where event_id = id))
    + (select count(*) from generation where state <> 'closed') + (select count(*) from outbox where published_at is null)
    + (select count(*) from promotion where state in ('requested', 'waiting', 'reserved')) as open`;
  await eventually(
    'everything to be done',
    async () => (Number((await query<{ open: string }>(left, [accepted]))[0]?.open) === 0 ? true : undefined),
    WITHIN_MS,
  );
}

async function wrongOutcomes({ query }: Pratique): Promise<string[]> {
  const rows = await query<{ what: string }>(`
    select repository || '@' || digest || ' ended as ' || outcome as what from generation where outcome <> 'judged'
    union all select id || ' is ' || state from (select environment || ' ' || repository || '@' || digest as id, state from promotion) p
      where state <> 'live'
    union all select code || ': ' || reason from dead_letter`);
  return rows.map(({ what }) => what);
}

async function pidsOf({ stack }: Pratique): Promise<Map<string, number | undefined>> {
  return new Map((await stack.record()).parts.map(({ name, process }) => [name, process?.pid]));
}

/** A service that gave up, and was not there when the server came back. */
async function changedPids({ stack }: Pratique, before: Awaited<ReturnType<typeof pidsOf>>, of: Server) {
  const parts = (await stack.status()) ?? [];
  return parts
    .filter(({ name, pid }) => name !== of && pid !== before.get(name))
    .map(({ name, reason }) => `${name} did not outlive it: ${reason ?? 'another process'}`);
}
