/** Carries the trace of whoever started a workflow, or spoke to it, into everything that follows from it. */
import { AsyncLocalStorage, type Headers, type WorkflowInterceptors } from '@temporalio/workflow';

/** Where the SDK's OpenTelemetry interceptors of clients and activities write and read the trace (W3C Trace Context, as JSON). */
const TRACE_HEADER = '_tracer-data';

/**
 * Passes the header on as it came, and makes no spans: activities and children hang on the span of whoever asked. Spans of
 * workflows would have to leave the sandbox to be seen, and nobody exports them.
 */
export function interceptors(): WorkflowInterceptors {
  const asked = new AsyncLocalStorage<Headers[string] | undefined>();
  const from = <T>({ headers }: { readonly headers: Headers }, act: () => T): T =>
    asked.run(headers[TRACE_HEADER] ?? asked.getStore(), act);
  const carrying = <T extends { readonly headers: Headers }>(input: T): T => {
    const trace = asked.getStore();
    return trace === undefined ? input : { ...input, headers: { ...input.headers, [TRACE_HEADER]: trace } };
  };
  return {
    inbound: [
      {
        execute: (input, next) => from(input, () => next(input)),
        handleSignal: (input, next) => from(input, () => next(input)),
        handleUpdate: (input, next) => from(input, () => next(input)),
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(carrying(input)),
        scheduleLocalActivity: (input, next) => next(carrying(input)),
        startChildWorkflowExecution: (input, next) => next(carrying(input)),
        signalWorkflow: (input, next) => next(carrying(input)),
        continueAsNew: (input, next) => next(carrying(input)),
      },
    ],
  };
}
