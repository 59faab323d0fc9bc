/** A registry on a bad day: stands before the real one and answers 429 and 502, before or after the fact, and cuts answers off. */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SeededRandom } from './seeded-random.ts';

export const faults = ['too many requests', 'bad gateway', 'bad gateway after the fact', 'cut off'] as const;
export type Fault = (typeof faults)[number];

export interface FaultyRegistry {
  /** `host:port` */
  readonly host: string;
  /** How often each fault was dealt. */
  readonly dealt: ReadonlyMap<Fault, number>;
  readonly requests: number;
  /** From now on everything goes through. */
  calm(): void;
  close(): Promise<void>;
}

/** Of all requests. A request that is tried five times fails altogether once in a hundred thousand. */
const SHARE = 0.1;

/** Which fault comes when is the seed's; which request meets it depends on who is faster. */
export async function startFaultyRegistry(target: string, random: SeededRandom): Promise<FaultyRegistry> {
  const agent = new Agent({ keepAlive: true });
  const dealt = new Map<Fault, number>(faults.map((fault) => [fault, 0]));
  const state = { requests: 0, isCalm: false };
  const server = createServer((incoming, outgoing) => {
    state.requests += 1;
    const fault = !state.isCalm && random.next() < SHARE ? random.pick(faults) : undefined;
    if (fault !== undefined) dealt.set(fault, (dealt.get(fault) ?? 0) + 1);
    // Whoever is cut off in the middle of a request has closed it.
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    if (fault === 'too many requests') refuse(incoming, outgoing, 429, { 'retry-after': '1' });
    else if (fault === 'bad gateway') refuse(incoming, outgoing, 502);
    else forward({ target, agent, incoming, outgoing, fault });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    dealt,
    get requests() {
      return state.requests;
    },
    calm() {
      state.isCalm = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number, headers = {}): void {
  incoming.resume();
  outgoing.writeHead(status, { 'content-type': 'text/plain', ...headers }).end('not now');
}

interface Exchange {
  readonly target: string;
  readonly agent: Agent;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly fault: Fault | undefined;
}

function forward({ target, agent, incoming, outgoing, fault }: Exchange): void {
  const { host, port } = new URL(`http://${target}`);
  const { method, url, headers } = incoming;
  // The Host header stays the caller's: the registry puts it into its Location headers.
  const onward = request({ host: host.split(':')[0], port, method, path: url, headers, agent }, (answer) => {
    const status = answer.statusCode ?? 502;
    if (fault === 'bad gateway after the fact') {
      answer.resume();
      outgoing.writeHead(502, { 'content-type': 'text/plain' }).end('not now');
      return;
    }
    outgoing.writeHead(status, answer.headers);
    if (fault === 'cut off') cutOff(answer, outgoing);
    else answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  onward.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) onward.destroy();
  });
  incoming.pipe(onward);
}

/** Half of the first bytes, and then the connection is gone; of an answer without a body, nothing. */
function cutOff(answer: IncomingMessage, outgoing: ServerResponse): void {
  answer.once('data', (chunk: Buffer) => outgoing.write(chunk.subarray(0, chunk.length >> 1)));
  answer.once('data', () => setImmediate(() => outgoing.destroy()));
  answer.once('end', () => outgoing.destroy());
}
