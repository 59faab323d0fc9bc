/** Outages that outlast a history: what waits for them goes on in a new run, and loses nothing on the way. Temporal suggests it early here. */
import { Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporal } from '../../infra/dev/parts/temporal.ts';
import { generationRequested } from '../../workflows/artifact-pipeline/messages.ts';
import type { artifactPipeline } from '../../workflows/artifact-pipeline/workflow.ts';
import { decidePromotion, lookAgain } from '../../workflows/promotion/messages.ts';
import type { promotion } from '../../workflows/promotion/workflow.ts';
import type { quarantine } from '../../workflows/quarantine/workflow.ts';
import { type OwnServer, startOwnServer } from '../own-server.ts';
import { workflowBundle } from './bundle-setup.ts';
import {
  awaitingApproval,
  pipelineCast,
  pipelineKey,
  promotionCast,
  promotionKey,
  quarantineCast,
  quarantineKey,
  reserved,
} from './casts.ts';
import { openStage, type Stage } from './workflow-stage.ts';

/** Events of a run after which Temporal suggests a new one. */
const SUGGESTED_AT = 60;

let server: OwnServer;
let stage: Stage;
beforeAll(async () => {
  server = await startOwnServer(
    temporal,
    async ({ launch }) => ({
      ...launch,
      args: [...launch.args, '--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_AT}`],
    }),
    async ({ ports }) => (await Connection.connect({ address: `127.0.0.1:${ports.main}` })).close(),
  );
  stage = await openStage(`127.0.0.1:${server.ports.main}`, workflowBundle());
});
afterAll(async () => {
  await stage?.close();
  await server?.[Symbol.asyncDispose]();
});

/** How the first of its runs ended. */
async function firstRun({ workflowId, ...handle }: object & { readonly workflowId: string }): Promise<string> {
  const { firstExecutionRunId } = handle as { firstExecutionRunId?: string };
  const { status } = await stage.client.workflow.getHandle(workflowId, firstExecutionRunId).describe();
  return status.name;
}

describe.concurrent('a run that becomes long goes on in a new one', () => {
  it('of a quarantine whose leases do not end', async () => {
    let looks = 0;
    const confirmed: unknown[] = [];
    const { handle, calls } = await stage.perform<typeof quarantine>('quarantine', [quarantineKey], {
      ...quarantineCast,
      inFlight: async () => {
        looks += 1;
        return { promotions: [], leaseSeconds: looks < 20 ? 0.001 : 0 };
      },
      holdings: async () => [],
      confirm: async (_key, seen) => void confirmed.push(seen),
    });
    expect(await handle.result()).toBe('confirmed');
    expect(await firstRun(handle)).toBe('CONTINUED_AS_NEW');
    expect(looks).toBe(20);
    expect(confirmed).toEqual([{ readBacks: 2, environments: [] }]);
    expect(calls.filter((name) => name === 'stands').length).toBeGreaterThan(1);
  });

  it('of a promotion that looks again and again, and is decided then', async () => {
    let isDecided = false;
    const { handle, called } = await stage.perform<typeof promotion>('promotion', [promotionKey], {
      ...promotionCast,
      reserve: async () => (isDecided ? reserved : awaitingApproval),
      decide: async () => {
        isDecided = true;
        return { outcome: 'counted', state: 'requested', reason: '' };
      },
    });
    for (let look = 1; look <= 25; look += 1) {
      await called('reserve', look);
      await handle.signal(lookAgain);
    }
    const decider = { principal: 'ann', groups: [] };
    const outcome = await handle.executeUpdate(decidePromotion, {
      args: [{ ticket: 'ticket', verb: 'approve', reason: 'fine', decider }],
    });
    expect(outcome).toMatchObject({ outcome: 'counted' });
    expect(await handle.result()).toBe('live');
    expect(await firstRun(handle)).toBe('CONTINUED_AS_NEW');
  });

  it('of a pipeline that waits for signatures, with the generation that was asked for meanwhile', async () => {
    let tries = 0;
    const opened: number[] = [];
    const { handle, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      openGeneration: async ({ generation }) => {
        opened.push(generation);
        return { state: 'open', joined: 1, ageSeconds: 6, kind: 'image' };
      },
      attest: async () => {
        tries += 1;
        if (tries <= 15)
          throw ApplicationFailure.nonRetryable('the log is away', 'SIGNING_DEFERRED', { reason: 'log' });
        return pipelineCast.attest();
      },
    });
    await called('attest', 1);
    await handle.signal(generationRequested, 2);
    for (let look = 2; look <= 15; look += 1) {
      await called('attest', look);
      await handle.signal(generationRequested, 1);
    }
    await handle.result();
    expect(await firstRun(handle)).toBe('CONTINUED_AS_NEW');
    expect(opened).toEqual([...opened].sort());
    expect(opened.filter((generation) => generation === 1).length).toBeGreaterThan(1);
    expect(opened.at(-1)).toBe(2);
  });
});
