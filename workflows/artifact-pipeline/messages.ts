import { defineSignal } from '@temporalio/workflow';

/** A generation to run: sent with the start, so that a run that is about to end takes it along. */
export const generationRequested = defineSignal<[number]>('generationRequested');
