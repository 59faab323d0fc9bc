/** A gateway that gives recorded answers over real HTTP, and holds both sides to the description of the API. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GatewayContract, readGatewayContract } from './gateway-contract.ts';

export interface RecordedAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** By `GET /artifact`; a list is answered one after the other, its last one for good. */
export type Answers = Readonly<Record<string, RecordedAnswer | readonly RecordedAnswer[]>>;

export interface Asked {
  readonly call: string;
  readonly query: Record<string, string>;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

export interface AnsweringGateway {
  readonly url: string;
  /** Starts over with these answers, and forgets what was asked. */
  answer(answers: Answers): void;
  readonly asked: readonly Asked[];
  /** What did not keep to the API, on either side. */
  readonly breaches: readonly string[];
  close(): Promise<void>;
}

export async function startAnsweringGateway(): Promise<AnsweringGateway> {
  const contract = await readGatewayContract();
  let answers: Answers = {};
  const asked: Asked[] = [];
  const breaches: string[] = [];
  const given = new Map<string, number>();
  const server = createServer((request, response) => {
    void handle(request, contract, breaches).then((call) => {
      asked.push(call);
      const answer = pick(answers[call.call], given, call.call);
      const { status = 200, body } = answer;
      if (typeof body !== 'string')
        breaches.push(...contract.judgeAnswer(request.method ?? '', call.call.split(' ')[1] ?? '', status, body));
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(next) {
      answers = next;
      given.clear();
      asked.length = 0;
      breaches.length = 0;
    },
    asked,
    breaches,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pick(found: Answers[string] | undefined, given: Map<string, number>, call: string): RecordedAnswer {
  if (found === undefined)
    return { status: 500, body: { error: { code: 'INTERNAL', message: `no answer for ${call}` } } };
  if (!Array.isArray(found)) return found as RecordedAnswer;
  const turn = given.get(call) ?? 0;
  given.set(call, turn + 1);
  return found[Math.min(turn, found.length - 1)] as RecordedAnswer;
}

async function handle(request: IncomingMessage, contract: GatewayContract, breaches: string[]): Promise<Asked> {
  const url = new URL(request.url ?? '', 'http://gateway');
  const path = url.pathname.replace(/^\/api\/v1/, '');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const type = request.headers['content-type'] ?? '';
  breaches.push(...contract.judgeRequest(request.method ?? '', path, url.searchParams, type, text));
  return {
    call: `${request.method} ${path}`,
    query: Object.fromEntries(url.searchParams),
    body: type === 'application/json' ? (JSON.parse(text) as unknown) : text,
    authorization: request.headers.authorization,
  };
}
