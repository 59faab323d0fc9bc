import type { Client } from '@temporalio/client';

export interface HistoryCounts {
  /** Runs of every workflow about one artifact. */
  readonly workflows: number;
  /** Scheduled on a task queue; each is several round trips to Temporal. */
  readonly activities: number;
  /** Run inside a workflow task. */
  readonly localActivities: number;
  readonly workflowTasks: number;
  readonly events: number;
  readonly signals: number;
}

/** Averages over the artifacts given, from Temporal's own histories. */
export async function countHistories(client: Client, digests: readonly string[]): Promise<HistoryCounts> {
  const wanted = new Set(digests);
  const sum = { workflows: 0, activities: 0, localActivities: 0, workflowTasks: 0, events: 0, signals: 0 };
  const query = "WorkflowType = 'artifactPipeline' OR WorkflowType = 'promotion'";
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    if (!wanted.has(workflowId.slice(workflowId.lastIndexOf('@') + 1))) continue;
    sum.workflows += 1;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      sum.events += 1;
      if (event.activityTaskScheduledEventAttributes) sum.activities += 1;
      if (event.workflowTaskCompletedEventAttributes) sum.workflowTasks += 1;
      if (event.workflowExecutionSignaledEventAttributes) sum.signals += 1;
      if (event.markerRecordedEventAttributes?.markerName === 'core_local_activity') sum.localActivities += 1;
    }
  }
  return {
    workflows: sum.workflows / wanted.size,
    activities: sum.activities / wanted.size,
    localActivities: sum.localActivities / wanted.size,
    workflowTasks: sum.workflowTasks / wanted.size,
    events: sum.events / wanted.size,
    signals: sum.signals / wanted.size,
  };
}
