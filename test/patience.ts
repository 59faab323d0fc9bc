/** How long, in milliseconds, a test waits. */

/** `vi.waitFor` for what comes soon; `expect.poll` has as much by vitest.config.ts. */
export const comes = { timeout: 60_000 };

/** For servers that answer: on a busy machine they may be late. */
export const patient = { connectMs: 30_000, headersMs: 30_000, bodyMs: 30_000 };

/** For those that never do, where nothing else is asked. */
export const hasty = { connectMs: 30_000, headersMs: 300, bodyMs: 300 };

/** For those that never do, where others that answer are asked by the same call. */
export const unhurried = { connectMs: 30_000, headersMs: 4000, bodyMs: 4000 };
