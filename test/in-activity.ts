import { asyncLocalStorage, type Context } from '@temporalio/activity';

/** Runs what asks for the context of its activity: one that lives until `signal` is aborted, as where its worker shuts down. */
export function inActivity<T>(act: () => T, signal: AbortSignal = new AbortController().signal): T {
  const context = { heartbeat: () => undefined, cancellationSignal: signal } as unknown as Context;
  return asyncLocalStorage.run(context, act);
}
