import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { taskQueues } from '../../domain/artifact/subject.ts';

/** What runs by itself, with how often. A missed run is made up for within the window; two never run at once. */
const schedules = [
  { id: 'reconcile', workflow: 'reconcile', every: '5m', catchUp: '10m' },
  { id: 'rescan', workflow: 'rescan', every: '5m', catchUp: '10m' },
  { id: 'wake-decisions', workflow: 'wakeDecisions', every: '5m', catchUp: '10m' },
  { id: 'sync-advisories', workflow: 'syncAdvisories', every: '1h', catchUp: '2h' },
  { id: 'export-histories', workflow: 'exportHistories', every: '5m', catchUp: '10m' },
] as const;

/** Creates the schedules that are missing; their times can be changed in Temporal and stay so. */
export async function ensureSchedules(client: Client): Promise<string[]> {
  const created: string[] = [];
  for (const { id, workflow, every, catchUp } of schedules) {
    try {
      await client.schedule.create({
        scheduleId: id,
        spec: { intervals: [{ every }] },
        policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUp },
        action: {
          type: 'startWorkflow',
          workflowType: workflow,
          workflowId: `scheduled-${id}`,
          taskQueue: taskQueues.control,
          args: [],
        },
      });
      created.push(id);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
  }
  return created;
}

/** What each schedule is found to be. */
export async function describeSchedules(
  client: Client,
): Promise<{ readonly missing: string[]; readonly paused: string[] }> {
  const missing: string[] = [];
  const paused: string[] = [];
  for (const { id } of schedules) {
    try {
      if ((await client.schedule.getHandle(id).describe()).state.paused) paused.push(id);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      missing.push(id);
    }
  }
  return { missing, paused };
}
