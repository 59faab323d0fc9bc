import { type Client, WorkflowNotFoundError } from '@temporalio/client';

export interface DescribedWorkflow {
  readonly status: string;
  readonly pending: {
    activity: string;
    attempt: number;
    lastFailure?: string | undefined;
    nextTryAt?: string | undefined;
  }[];
}

/** A workflow as Temporal describes it now, with what it waits for; undefined where Temporal knows none under the id. */
export async function describeWorkflow(client: Client, workflowId: string): Promise<DescribedWorkflow | undefined> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    const pending = (raw.pendingActivities ?? []).map((activity) => {
      const seconds = activity.scheduledTime?.seconds;
      const at = seconds === undefined || seconds === null ? undefined : Number(seconds) * 1000;
      return {
        activity: activity.activityType?.name ?? 'unknown',
        attempt: activity.attempt ?? 1,
        ...(activity.lastFailure?.message ? { lastFailure: activity.lastFailure.message } : {}),
        ...(at !== undefined && at > Date.now() ? { nextTryAt: new Date(at).toISOString() } : {}),
      };
    });
    return { status: status.name, pending };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Has a workflow try the step it waits with now. False where it waits with none, or does not run. Throws where no worker answers. */
export async function retryStep(client: Client, workflowId: string): Promise<boolean> {
  try {
    return await client.workflow.getHandle(workflowId).executeUpdate<boolean, []>('retryNow');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
