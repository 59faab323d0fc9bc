import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** Nobody works here. */
const TASK_QUEUE = 'doctor';

/**
 * Temporal's clock. No call of its API says the time, but everything that begins is told when: a workflow is begun on a queue
 * nobody works for, and ended.
 */
export async function readTemporalClock(client: Client): Promise<Date> {
  const handle = await client.workflow.start('clock', {
    workflowId: `doctor/clock/${randomUUID()}`,
    taskQueue: TASK_QUEUE,
    workflowExecutionTimeout: '1 minute',
  });
  try {
    return (await handle.describe()).startTime;
  } finally {
    await handle.terminate('the clock was read');
  }
}
