/** Metrics as Prometheus gets them, of a test file of its own: OpenTelemetry has one provider for all files of a process. */
import { metrics } from '@opentelemetry/api';
import { startAdminServer } from '../adapters/telemetry/admin-server.ts';
import { startTelemetry } from '../adapters/telemetry/start-telemetry.ts';

export interface Scrape {
  /** The lines that begin so, in order. */
  lines(beginning: RegExp): Promise<string[]>;
  close(): Promise<void>;
}

/** Before anything that makes instruments. */
export async function startScrape(): Promise<Scrape> {
  metrics.disable();
  const telemetry = await startTelemetry({ service: 'test' });
  const server = await startAdminServer({ port: 0, telemetry, health: async () => ({ healthy: true, checks: {} }) });
  return {
    async lines(beginning) {
      const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => beginning.test(line))
        .sort();
    },
    async close() {
      await server.close();
      await telemetry.shutdown();
      metrics.disable();
    },
  };
}
