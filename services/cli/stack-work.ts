/** What waits in the local stack, as its gateway says; nothing where the gateway can not say. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Stack } from '../../infra/dev/stack.ts';
import { printable } from './printable.ts';
import { countReconciled } from './render-reconcile.ts';

const age = z.number().nullable();
const workSchema = z.object({
  queues: z.array(z.object({ topic: z.string(), lag: z.number() })).nullable(),
  outbox: z.object({ waiting: z.number(), oldestSeconds: age }),
  generations: z.object({ pending: z.number(), running: z.number(), oldestSeconds: age }),
  workflowRequests: z.object({ pending: z.number(), oldestSeconds: age }),
  incidents: z.object({ open: z.number(), subjectsUnconfirmed: z.number() }),
  deadLetters: z.object({ notReplayed: z.number() }),
  lineStops: z
    .array(z.object({ environment: z.string().nullable(), reason: z.string(), stoppedBy: z.string() }))
    .default([]),
  trustEnds: z.array(z.object({ signer: z.string(), until: z.string(), days: z.number() })).default([]),
  histories: z.object({ oldestSeconds: age, retentionSeconds: age }),
  reconcile: z
    .object({
      ...{ at: z.string(), by: z.string(), repositories: z.number(), tags: z.number() },
      ...{ missed: z.array(z.string()), more: z.number() },
    })
    .nullish(),
});
type Work = z.infer<typeof workSchema>;

const PATIENCE_MS = 4000;

/** With the token that `up` left for the owner of the home. Undefined where it is not there, or nobody answers. */
export async function readWork(stack: Stack): Promise<Work | undefined> {
  try {
    const [{ connection }, token] = await Promise.all([stack.record(), readFile(stack.home.adminTokenFile, 'utf8')]);
    const response = await fetch(new URL('/api/v1/status', connection.gatewayUrl), {
      headers: { authorization: `Bearer ${token.trim()}` },
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return workSchema.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}

/** A line a kind of work that waits, with the age of the oldest, and what the last comparison with the registry found; each ends in a newline. */
export function describeWork(work: Work | undefined): string {
  if (work === undefined) return '';
  const { queues, outbox, generations, workflowRequests, incidents, deadLetters, histories, lineStops, trustEnds } =
    work;
  const lagging = queues?.reduce((sum, { lag }) => sum + lag, 0) ?? 0;
  return [
    waiting('accepted events without a decision', lagging),
    waiting('artifacts not judged yet', generations.pending + generations.running, generations.oldestSeconds),
    waiting('workflows not started yet', workflowRequests.pending, workflowRequests.oldestSeconds),
    waiting('outcomes not published yet', outbox.waiting, outbox.oldestSeconds),
    waiting('quarantined and not confirmed out yet', incidents.subjectsUnconfirmed),
    waiting('dead letters (pratique event dead-letters)', deadLetters.notReplayed),
    ...lineStops.map(stoppedLine),
    ...trustEnds.map(endLine),
    lateHistories(histories),
    reconciledLine(work.reconcile),
  ].join('');
}

function stoppedLine({ environment, reason, stoppedBy }: Work['lineStops'][number]): string {
  const where = environment ?? 'any environment';
  return `nothing enters ${where}: stopped by ${stoppedBy}: ${printable(reason)} (pratique line resume${environment === null ? '' : ` ${environment}`})\n`;
}

function endLine({ signer, until, days }: Work['trustEnds'][number]): string {
  return days === 0
    ? `the trust in signer ${printable(signer)} has ended at ${until}: what it signs counts no more\n`
    : `the trust in signer ${printable(signer)} ends at ${until}: renew it in the policy, or sign with another key\n`;
}

function reconciledLine(last: Work['reconcile']): string {
  if (last === null || last === undefined) return '';
  const by = last.by === 'system' ? '' : ` for ${printable(last.by)}`;
  return `the registry was compared last at ${printable(last.at)}${by}: ${countReconciled(last)}\n`;
}

/** At half of the retention there is still time to find out why. */
function lateHistories({ oldestSeconds, retentionSeconds }: Work['histories']): string {
  if (oldestSeconds === null || retentionSeconds === null || oldestSeconds * 2 < retentionSeconds) return '';
  return `histories of workflows that closed ${Math.round(oldestSeconds)} s ago are not kept yet, and Temporal forgets them after ${retentionSeconds} s: look at the workflow exportHistories\n`;
}

function waiting(what: string, count: number, oldestSeconds: number | null = null): string {
  if (count === 0) return '';
  return `${what}: ${count}${oldestSeconds === null ? '' : `, the oldest for ${Math.round(oldestSeconds)} s`}\n`;
}
