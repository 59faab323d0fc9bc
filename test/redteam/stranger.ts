/** Somebody who reaches Temporal, and nothing else of Pratique. */
import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../adapters/temporal/workflow-bundle.ts';
import { quietTemporal } from '../workflow/quiet-temporal.ts';
import type { Errand } from './strangers-workflow.ts';

export interface Stranger {
  readonly client: Client;
  /** What the activity answered; or the type and message of its failure. */
  run(queue: string, activity: string, ...args: readonly unknown[]): Promise<unknown>;
  /** A workflow of ours, started past everything that would have recorded why; its result, or the failure's type. */
  start(workflow: string, queue: string, input: object): Promise<unknown>;
  close(): Promise<void>;
}

export async function openStranger(address: string, namespace: string): Promise<Stranger> {
  quietTemporal();
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue: 'stranger',
    workflowBundle: await bundleWorkflows(new URL('strangers-workflow.ts', import.meta.url)),
  });
  const running = worker.run();
  const outcome = async (result: Promise<unknown>) => {
    try {
      return await result;
    } catch (error) {
      return failureOf(error);
    }
  };
  const execute = (workflow: string, taskQueue: string, input: object) =>
    outcome(client.workflow.execute(workflow, { workflowId: randomUUID(), taskQueue, args: [input] }));
  return {
    client,
    run: (queue, activity, ...args) => execute('errand', 'stranger', { queue, activity, args } satisfies Errand),
    start: execute,
    async close() {
      worker.shutdown();
      await running;
      await connection.close();
      await native.close();
    },
  };
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  if (inner instanceof ApplicationFailure) return { failed: inner.type, message: inner.message };
  throw error;
}
