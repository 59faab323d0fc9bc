import { createRequire } from 'node:module';

/** What kafkajs 2.2.4 keeps for each connection (src/network/requestQueue): requests sent, and those that wait to be. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Milliseconds since the epoch: no request before, the broker says. In the past: at once. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** Milliseconds after which a request that waits for others to be answered is looked at again, as kafkajs has it. */
const CHECK_EVERY_MS = 10;

/**
 * From its first answer on kafkajs looks at the queue of each connection every millisecond, to the end of the process: for an
 * empty queue it asks for a timer in the past, and that asks for the next. A hundredth of a processor and more for each service,
 * doing nothing. With this a timer runs only while a request waits; what is pushed to wait starts one itself. Safe to call again.
 */
export function calmRequestQueues(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    readonly prototype: RequestQueue;
  };
  prototype.scheduleCheckPendingRequests = scheduleCheck;
}

function scheduleCheck(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
  const wait = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    wait > 0 ? wait : CHECK_EVERY_MS,
  );
}
