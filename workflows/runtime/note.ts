import { isCancellation, patched } from '@temporalio/workflow';

/**
 * Tells people how things stand. That it cannot be told, as where the database is away, is no reason for anything: what it is about
 * goes on. (Runs of before ended with it.)
 */
export async function note(tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    if (isCancellation(error) || !patched('a-note-stops-nothing')) throw error;
  }
}
