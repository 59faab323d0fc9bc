/** Directs the fault points of other processes over a local socket; they are started with `nodeArguments` and `env`. */
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Arrival, createFaultDirector, type FaultDirector } from './fault-director.ts';

export interface FaultServer extends FaultDirector {
  /** For `node`, before the entry file: loads what obeys this server. */
  readonly nodeArguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What goes over the socket, a line each: an arrival with a number, then an order with the same number. */
export type Asked = Arrival & { readonly number: number };

export async function startFaultServer(): Promise<FaultServer> {
  const director = createFaultDirector();
  const path = join(tmpdir(), `pratique-faults-${randomBytes(6).toString('hex')}.sock`);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    // Whoever is killed resets its connection: lines tell of that error, too.
    const lines = createInterface({ input: socket }).on('error', () => undefined);
    lines.on('line', (line) => {
      const { number, ...arrival } = JSON.parse(line) as Asked;
      void director.arrive(arrival).then((order) => socket.write(`${JSON.stringify({ number, ...order })}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return {
    ...director,
    nodeArguments: ['--import', fileURLToPath(new URL('fault-client.ts', import.meta.url))],
    env: { PRATIQUE_TEST_FAULTS: path },
    close() {
      director.close();
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
