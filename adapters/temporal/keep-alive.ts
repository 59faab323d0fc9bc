import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** A fraction of every `heartbeatTimeout` there is (workflows: options.ts), so that one late beat does no harm. */
const BEAT_EVERY_MS = 5000;

/**
 * Every activity says that its process lives, whatever it waits for: one whose worker was killed is tried elsewhere within
 * its `heartbeatTimeout`, not after the whole time it may take.
 */
export const keepAlive: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      if (context.info.heartbeatTimeoutMs === undefined) return next(input);
      const beat = setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
      try {
        return await next(input);
      } finally {
        clearInterval(beat);
      }
    },
  },
});
