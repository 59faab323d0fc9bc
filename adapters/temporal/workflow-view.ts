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

/** As workflows answer it (`currentStep`). */
interface WaitingStep {
  readonly step: string;
  readonly attempt: number;
  readonly lastFailure: string;
  /** Absent while a try runs. */
  readonly nextTryAt?: string;
}

/** A worker that runs answers sooner. */
const QUERY_PATIENCE_MS = 2000;

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
    if (status.name !== 'RUNNING' || pending.length > 0) return { status: status.name, pending };
    return { status: status.name, pending: await stepBetweenTries(client, workflowId) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Between two tries of a step no activity is there to be seen: the workflow says what it waits to try again. */
async function stepBetweenTries(client: Client, workflowId: string): Promise<DescribedWorkflow['pending']> {
  try {
    const step = await client.withDeadline(Date.now() + QUERY_PATIENCE_MS, () =>
      client.workflow.getHandle(workflowId).query<WaitingStep | undefined, []>('currentStep'),
    );
    if (step?.nextTryAt === undefined) return [];
    const { step: activity, attempt, lastFailure, nextTryAt } = step;
    return [{ activity, attempt, lastFailure, nextTryAt }];
  } catch {
    // No worker, or a workflow without steps of this kind.
    return [];
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
