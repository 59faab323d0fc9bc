/** The workflows as one script: the same bundle for workers and for replay. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Logger } from '../telemetry/logger.ts';

/** Carries the trace of whoever started a workflow into its activities. */
const interceptors = createRequire(import.meta.url).resolve(
  '@temporalio/interceptors-opentelemetry-v2/lib/workflow-interceptors',
);

/** Takes seconds: once per process. Throws where workflows reach what is not deterministic. */
export function bundleWorkflows(entry: URL, logger?: Logger): Promise<WorkflowBundleWithSourceMap> {
  const note = (level: 'warn' | 'error') => (message: string) => logger?.[level]({ message }, 'workflow bundle');
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(entry),
    workflowInterceptorModules: [interceptors],
    logger: {
      log: () => undefined,
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: note('warn'),
      error: note('error'),
    },
  });
}
