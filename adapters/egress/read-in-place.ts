import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a connection gives at once, where the network has as much. */
const READ_BYTES = 256 * 1024;

/**
 * Connections of the agent are read into memory that each of them has once. Node's HTTP parser copies what a body brings, so
 * that new memory for every 64 KiB read is garbage at once: a large download had the whole heap collected every few mebibytes.
 * What the parser is given is the socket's `data`, as it is without this.
 */
export function readInPlace<A extends Agent>(agent: A): A {
  const connect = agent.createConnection.bind(agent);
  return Object.assign(agent, {
    createConnection(...[options, callback]: Parameters<typeof connect>): Duplex | null | undefined {
      const onread = {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback(length: number, bytes: Uint8Array): boolean {
          socket?.emit('data', bytes.subarray(0, length));
          return true;
        },
      };
      // `net.connect` and `tls.connect` take it; the types of agents do not say so.
      const reading = { ...options, onread };
      const socket = connect(reading, callback);
      return socket;
    },
  });
}
