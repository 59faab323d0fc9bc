/** Whether a run should go on in a new one: Temporal ends a run at 51,200 events, and suggests it long before. */
import { patched, workflowInfo } from '@temporalio/workflow';

/** Runs of before, which went on past the suggestion, find nothing changed when they are replayed. */
export function mustContinueAsNew(): boolean {
  return workflowInfo().continueAsNewSuggested && patched('continue-as-new');
}
