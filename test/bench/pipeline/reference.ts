import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const QUEUE = 'bench-reference';
const WARM_UP = 20;
const MEASURED = 100;
const AT_ONCE = 20;

export interface Reference {
  /** Workflows a second; each has six activities that return at once. */
  measure(): Promise<number>;
  close(): Promise<void>;
}

/** What this machine and this Temporal can do now, whatever Pratique does with it: rates are read beside this one. */
export async function createReference(address: string, client: Client): Promise<Reference> {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger, shutdownSignals: [] });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('reference-workflow.ts', import.meta.url)),
    logger,
  });
  const connection = await NativeConnection.connect({ address });
  const options = { connection, taskQueue: QUEUE, workflowBundle, activities: { nothing: async () => undefined } };
  const run = async (count: number): Promise<void> => {
    let left = count;
    const runOne = () =>
      client.workflow.execute('reference', { taskQueue: QUEUE, workflowId: `bench-reference/${randomUUID()}` });
    const lane = async () => {
      for (; left > 0; ) {
        left -= 1;
        await runOne();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  };
  return {
    async measure() {
      const worker = await Worker.create(options);
      return worker.runUntil(async () => {
        await run(WARM_UP);
        const started = performance.now();
        await run(MEASURED);
        return (MEASURED * 1000) / (performance.now() - started);
      });
    },
    close: () => connection.close(),
  };
}
