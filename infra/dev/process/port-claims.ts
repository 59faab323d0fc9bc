import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type ListenOptions, type Server } from 'node:net';

/**
 * Ports that are spoken for until what shall listen on them does: whoever on this machine asks the same way, at the same time,
 * is given others. Disposing lets go of all.
 */
export interface PortClaims extends Disposable {
  /** A port for each role: the wanted one when it is free on 127.0.0.1, claimed by nobody and not given out before; else another. */
  allocate(wanted: Readonly<Record<string, number>>): Promise<Record<string, number>>;
  /** What listens on them has begun to, or never will. They are given to nobody else by these claims. */
  release(ports: Readonly<Record<string, number>>): void;
}

const LOWEST = 10_000;
const HIGHEST = 65_535;
/** So many ports are enough to find a free one among. */
const ENOUGH = 2_000;

/**
 * From, and below, which free ports are looked for: not among those that outgoing connections are given (ip(7),
 * `ip_local_port_range`), of which any may be in use a moment later, or while a server is started again.
 */
function searched(): readonly [number, number] {
  const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const [low = LOWEST, high = HIGHEST] = text.trim().split(/\s+/).map(Number);
  if (low - LOWEST >= ENOUGH) return [LOWEST, low];
  return HIGHEST - high >= ENOUGH ? [high + 1, HIGHEST + 1] : [LOWEST, HIGHEST + 1];
}

/** Undefined where somebody else listens there. Throws where nobody can, as without descriptors. */
function listen(options: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen(options, () => resolve(server));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: '127.0.0.1', exclusive: true });
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  return server !== undefined;
}

/** Linux' abstract sockets (unix(7)) are one namespace with the ports, and the kernel frees those of the dead. */
const claim = (port: number): Promise<Server | undefined> => listen({ path: `\0pratique-port-${port}` });

/** `taken` are given to nobody. */
export function openPortClaims(taken: Iterable<number> = []): PortClaims {
  const given = new Set(taken);
  const held = new Map<number, Server>();

  const tryClaim = async (port: number): Promise<boolean> => {
    if (port === 0 || given.has(port)) return false;
    const socket = await claim(port);
    if (socket === undefined) return false;
    given.add(port);
    if (await isFree(port)) {
      held.set(port, socket);
      return true;
    }
    socket.close();
    return false;
  };
  const letGo = (port: number): void => {
    held.get(port)?.close();
    held.delete(port);
  };

  return {
    async allocate(wanted) {
      const ports: Record<string, number> = {};
      const [from, below] = searched();
      for (const [role, preferred] of Object.entries(wanted)) {
        let port = preferred;
        while (!(await tryClaim(port))) port = randomInt(from, below);
        ports[role] = port;
      }
      return ports;
    },
    release(ports) {
      for (const port of Object.values(ports)) letGo(port);
    },
    [Symbol.dispose]() {
      for (const port of held.keys()) letGo(port);
    },
  };
}

/** False when any of them is in use on 127.0.0.1. */
export async function arePortsFree(ports: Readonly<Record<string, number>>): Promise<boolean> {
  for (const port of Object.values(ports)) if (!(await isFree(port))) return false;
  return true;
}
