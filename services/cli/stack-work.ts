/** What waits in the local stack, as its gateway says; nothing where the gateway can not say. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Stack } from '../../infra/dev/stack.ts';

const age = z.number().nullable();
const workSchema = z.object({
  queues: z.array(z.object({ topic: z.string(), lag: z.number() })).nullable(),
  outbox: z.object({ waiting: z.number(), oldestSeconds: age }),
  generations: z.object({ pending: z.number(), running: z.number(), oldestSeconds: age }),
  workflowRequests: z.object({ pending: z.number(), oldestSeconds: age }),
  incidents: z.object({ open: z.number(), subjectsUnconfirmed: z.number() }),
  deadLetters: z.object({ notReplayed: z.number() }),
  histories: z.object({ oldestSeconds: age, retentionSeconds: age }),
});
type Work = z.infer<typeof workSchema>;

const PATIENCE_MS = 4000;

/** With the token that `up` left for the owner of the home. Undefined where it is not there, or nobody answers. */
export async function readWork(stack: Stack): Promise<Work | undefined> {
  try {
    const [{ connection }, token] = await Promise.all([stack.record(), readFile(stack.home.adminTokenFile, 'utf8')]);
    const response = await fetch(new URL('/api/v1/status', connection.gatewayUrl), {
      headers: { authorization: `Bearer ${token.trim()}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return workSchema.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}

/** A line a kind of work that waits, with the age of the oldest; ends in a newline, empty where nothing waits. */
export function describeWork(work: Work | undefined): string {
  if (work === undefined) return '';
  const { queues, outbox, generations, workflowRequests, incidents, deadLetters, histories } = work;
  const lines = [
    waits(queues?.reduce((sum, { lag }) => sum + lag, 0) ?? 0, 'accepted events are not decided about yet', null),
    waits(
      generations.pending + generations.running,
      'artifacts are taken in and not judged yet',
      generations.oldestSeconds,
    ),
    waits(workflowRequests.pending, 'workflows are asked for and not started yet', workflowRequests.oldestSeconds),
    waits(outbox.waiting, 'outcomes are not published yet', outbox.oldestSeconds),
    waits(incidents.subjectsUnconfirmed, 'quarantined artifacts are not confirmed out yet', null),
    waits(deadLetters.notReplayed, 'dead letters: pratique event dead-letters', null),
    ...lateHistories(histories),
  ].flat();
  return lines.map((line) => `${line}\n`).join('');
}

/** At half of the retention there is still time to find out why. */
function lateHistories({ oldestSeconds, retentionSeconds }: Work['histories']): string[] {
  if (oldestSeconds === null || retentionSeconds === null || oldestSeconds * 2 < retentionSeconds) return [];
  return [
    `histories of workflows that closed ${Math.round(oldestSeconds)} s ago are not kept yet, and Temporal forgets them after ${retentionSeconds} s: look at the workflow exportHistories`,
  ];
}

function waits(count: number, what: string, oldestSeconds: number | null): string[] {
  if (count === 0) return [];
  return [`${count} ${what}${oldestSeconds === null ? '' : `, the oldest since ${Math.round(oldestSeconds)} s`}`];
}
