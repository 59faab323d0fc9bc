import { createServer } from 'node:net';

/** Undefined when the port is taken. Port 0 asks the system for a free one. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/**
 * A port for each role: the wanted one when it is free on 127.0.0.1 and not in `taken`, else any free one. `taken`
 * gains every port given out. Another process can still be faster: a part that fails to bind is given new ports.
 */
export async function allocatePorts(
  wanted: Readonly<Record<string, number>>,
  taken: Set<number>,
): Promise<Record<string, number>> {
  const given: Record<string, number> = {};
  for (const [role, preferred] of Object.entries(wanted)) {
    let port = taken.has(preferred) ? undefined : await probe(preferred);
    while (port === undefined || taken.has(port)) port = await probe(0);
    taken.add(port);
    given[role] = port;
  }
  return given;
}

/** False when any of them is in use on 127.0.0.1. */
export async function arePortsFree(ports: Readonly<Record<string, number>>): Promise<boolean> {
  for (const port of Object.values(ports)) if ((await probe(port)) === undefined) return false;
  return true;
}
