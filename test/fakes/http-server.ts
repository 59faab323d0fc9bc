import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server of HTTP on a loopback port; a body that is no Buffer is sent as JSON. */
export async function startHttpServer(
  answer: (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>,
): Promise<{ readonly host: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      const { status, body, headers: more } = await answer({ method, path: url, headers, body: Buffer.concat(chunks) });
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
