/** Where a test stands, and nobody else: dependency-cruiser keeps this file out of everything that is shipped. */
import type { FaultPoint } from './fault-point.ts';

/** Called at every fault point; what it returns is waited for, what it throws is thrown there. */
export type FaultHook = (point: FaultPoint, subject: string) => Promise<void> | undefined;

/** Empty outside tests. */
export const installed: { hook?: FaultHook } = {};
