import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';

/**
 * Takes a short step where the workflow runs: `here` is a local activity with one try of some seconds, which is no task in a
 * queue and needs no further task of the workflow. What it did not do in that time, or failed at for a reason that may pass, is
 * done `patiently`, by the ordinary activity of the same name; the two may overlap, as two tries of one may.
 */
export async function closeHere<T>(here: () => Promise<T>, patiently: () => Promise<T>): Promise<T> {
  try {
    return await here();
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (isCancellation(error) || (cause instanceof ApplicationFailure && cause.nonRetryable)) throw error;
    return patiently();
  }
}
