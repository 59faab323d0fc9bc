import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Telemetry } from './start-telemetry.ts';

/** What a process says of itself: healthy only when every check is. */
export interface HealthReport {
  readonly healthy: boolean;
  /** Part → `ok`, or what is wrong in a few words, without secrets. */
  readonly checks: Readonly<Record<string, string>>;
  /** Since when, of each part that is not `ok`: RFC 3339, as far as this process can know. */
  readonly since?: Readonly<Record<string, string>>;
}

export interface AdminServer {
  /** The port it listens on. */
  readonly port: number;
  close(): Promise<void>;
}

export interface AdminServerOptions {
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly telemetry: Telemetry;
  readonly health: () => Promise<HealthReport>;
}

/** `/healthz` (200 or 503 with the checks) and `/metrics`, on a port of their own. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method === 'GET' && path === '/metrics') options.telemetry.serveMetrics(request, response);
    else if (request.method === 'GET' && path === '/healthz') {
      void reportHealth(options.health).then((report) => {
        response.writeHead(report.healthy ? 200 : 503, { 'content-type': 'application/json' });
        response.end(JSON.stringify(report));
      });
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function reportHealth(health: () => Promise<HealthReport>): Promise<HealthReport> {
  try {
    return await health();
  } catch {
    return { healthy: false, checks: { health: 'the checks themselves failed; see the log' } };
  }
}
