import type { Database } from '../../adapters/postgres/database.ts';
import { ApiError } from './api-error.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayPorts } from './gateway-ports.ts';

/** Builds what the API acts through. */
export function createPorts(_db: Database, _config: GatewayConfig): GatewayPorts {
  const notWired = (): Promise<never> =>
    Promise.reject(new ApiError(501, 'NOT_WIRED', 'this part of the API is not wired yet'));
  return {
    promotions: { request: notWired, decide: notWired },
    incidents: {
      preview: notWired,
      open: notWired,
      close: notWired,
      requestRelease: notWired,
      decideRelease: notWired,
    },
    rebuilds: { request: notWired },
    workflows: { describe: () => Promise.resolve(undefined) },
    advisories: { upsert: notWired, finish: notWired },
    policies: { current: notWired, activate: notWired },
    startReconcile: notWired,
    isTemporalHealthy: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
}
