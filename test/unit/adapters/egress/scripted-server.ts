import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedServer extends AsyncDisposable {
  readonly host: string;
  readonly seen: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string }[];
}

/** A web server on loopback that does what `answer` says. */
export async function startScriptedServer(answer: RequestListener): Promise<ScriptedServer> {
  const seen: ScriptedServer['seen'] = [];
  const server = createServer((request, response) => {
    const one = { method: request.method, url: request.url, headers: request.headers, body: '' };
    seen.push(one);
    request.on('data', (chunk) => {
      one.body += String(chunk);
    });
    request.on('end', () => answer(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
