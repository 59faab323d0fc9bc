/** One trace from the event to the last activity: what a workflow was asked with goes on to whatever it asks. */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { taskQueues } from '../../domain/artifact/subject.ts';
import type { Reservation } from '../../domain/promotion/promotion-book.ts';
import { decidePromotion } from '../../workflows/promotion/messages.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { awaitingApproval, inTurn, promotionCast, promotionKey, reserved } from './casts.ts';
import { quietTemporal } from './quiet-temporal.ts';

const HEADER = '_tracer-data';
const carrying = (traceparent: string): Headers => ({ [HEADER]: defaultPayloadConverter.toPayload({ traceparent }) });

it('activities have the trace of whoever started the workflow, those of an update that of whoever asked', async () => {
  quietTemporal();
  const address = infra().temporalAddress;
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({
    connection,
    interceptors: {
      workflow: [
        {
          start: (input, next) => next({ ...input, headers: carrying('of the start') }),
          startUpdate: (input, next) => next({ ...input, headers: carrying('of the update') }),
        },
      ],
    },
  });
  const seen: string[] = [];
  const cast: Record<string, (...args: never[]) => Promise<unknown>> = {
    ...promotionCast,
    reserve: inTurn<Reservation>(awaitingApproval, reserved),
  };
  const queue = `${taskQueues.control}-${randomUUID()}`;
  const workers = await Promise.all(
    [queue, taskQueues.control, taskQueues.trust].map((taskQueue) =>
      Worker.create({
        ...{ connection: native, taskQueue, shutdownGraceTime: '1s' },
        activities: {
          default: async (...args: never[]) => cast[Context.current().info.activityType]?.(...args),
        },
        interceptors: {
          activity: [
            ({ info }) => ({
              inbound: {
                execute(input, next) {
                  const trace = input.headers[HEADER];
                  seen.push(
                    `${info.activityType}: ${trace && JSON.stringify(defaultPayloadConverter.fromPayload(trace))}`,
                  );
                  return next(input);
                },
              },
            }),
          ],
        },
        ...(taskQueue === queue ? { workflowBundle: workflowBundle() } : {}),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    const handle = await client.workflow.start('promotion', {
      workflowId: `promotion/${randomUUID()}`,
      taskQueue: queue,
      args: [promotionKey],
    });
    await expect.poll(() => seen.length).toBe(1);
    const decision = { ticket: 't', verb: 'approve' as const, reason: '', decider: { principal: 'ada', groups: [] } };
    await handle.executeUpdate(decidePromotion, { args: [decision] });
    expect(await handle.result()).toBe('live');
  } finally {
    for (const worker of workers) worker.shutdown();
    await running;
    await Promise.all([native.close(), connection.close()]);
  }
  const started = '{"traceparent":"of the start"}';
  expect(seen).toEqual([
    `reserve: ${started}`,
    'decide: {"traceparent":"of the update"}',
    ...['reserve', 'copy', 'admit', 'goLive'].map((activity) => `${activity}: ${started}`),
  ]);
});
