import { asyncLocalStorage, type Context } from '@temporalio/activity';

/** Runs what asks for the context of its activity: one that lives until `signal` is aborted, as where its worker shuts down. */
export function inActivity<T>(act: () => T, signal: AbortSignal = new AbortController().signal): T {
  const info = { activityId: '1', workflowExecution: { workflowId: 'played', runId: 'played' } };
  const context = { heartbeat: () => undefined, cancellationSignal: signal, info } as unknown as Context;
  return asyncLocalStorage.run(context, act);
}
