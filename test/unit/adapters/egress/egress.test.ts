import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createEgress, type EgressOptions, type EgressRequest } from '../../../../adapters/egress/egress.ts';
import { startScriptedServer } from './scripted-server.ts';

/** Calls with an egress of its own. */
async function send(call: Partial<EgressRequest> & { url: string }, options: Partial<EgressOptions> = {}) {
  const egress = createEgress({ configuredHosts: [], allowPublicHosts: true, ...options });
  try {
    const response = await egress.send({ method: 'GET', ...call });
    return { status: response.status, url: response.url, text: new TextDecoder().decode(await response.body.bytes()) };
  } finally {
    await egress.close();
  }
}
const names =
  (...answers: string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const address = answers.length > 1 ? (answers.shift() ?? '') : (answers[0] ?? '');
    const family = address.includes(':') ? 6 : 4;
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };

describe('what may not be reached is refused before a byte leaves', () => {
  it.each([
    ['plain HTTP', 'http://example.com/', 'EGRESS_PLAIN_HTTP_REFUSED'],
    ['another protocol', 'ftp://example.com/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['loopback', 'http://127.0.0.1:9/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['loopback as one number', 'https://2130706433/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['loopback in IPv6', 'https://[::1]/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['loopback mapped into IPv6', 'https://[::ffff:127.0.0.1]/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['the metadata service', 'https://169.254.169.254/latest/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['a private network', 'https://10.1.2.3/', 'EGRESS_HOST_NOT_ALLOWED'],
    ['localhost', 'https://localhost/', 'EGRESS_HOST_NOT_ALLOWED'],
  ])('%s', async (_name, url, code) => {
    await expect(send({ url })).rejects.toMatchObject({ name: 'EgressError', code });
  });

  it('a public host, where only configured ones are allowed', async () => {
    await expect(send({ url: 'https://example.com/' }, { allowPublicHosts: false })).rejects.toMatchObject({
      code: 'EGRESS_HOST_NOT_ALLOWED',
    });
  });

  it.each(['127.0.0.1', '192.168.1.1', '169.254.169.254', '::1', 'fd00::1', '64:ff9b::a9fe:a9fe'])(
    'a name that leads to %s',
    async (address) => {
      await expect(
        send({ url: 'https://storage.example/', retries: 0 }, { lookup: names(address) }),
      ).rejects.toMatchObject({ code: 'EGRESS_HOST_NOT_ALLOWED' });
    },
  );

  it('a name is looked up once a connection: what was checked is what is connected to', async () => {
    await using server = await startScriptedServer((_request, response) => response.end('here'));
    let asked = 0;
    const lookup: LookupFunction = (hostname, options, callback) => {
      asked += 1;
      names(asked === 1 ? '127.0.0.1' : '192.0.2.1')(hostname, options, callback);
    };
    const host = server.host.replace('127.0.0.1', 'localhost');
    expect(await send({ url: `http://${host}/` }, { configuredHosts: [host], lookup })).toMatchObject({ text: 'here' });
    expect(asked).toBe(1);
  });

  it('but a configured name may be private', async () => {
    await expect(
      send(
        { url: 'https://registry.internal:9/', retries: 0 },
        { lookup: names('127.0.0.1'), configuredHosts: ['registry.internal'] },
      ),
    ).rejects.toMatchObject({ code: 'EGRESS_UNREACHABLE' });
  });
});

describe('redirects', () => {
  const secrets = { authorization: 'Basic c2VjcmV0', cookie: 'a=b', accept: 'text/plain' };

  it('credentials stay at the host that was asked, also when another host sends the call back', async () => {
    await using home: Awaited<ReturnType<typeof startScriptedServer>> = await startScriptedServer(
      (request, response) => {
        if (request.url === '/end') response.end('done');
        else response.writeHead(307, { location: `http://${other.host}/away` }).end();
      },
    );
    await using other = await startScriptedServer((_request, response) => {
      response.writeHead(302, { location: `http://${home.host}/end` }).end();
    });
    const answer = await send(
      { url: `http://${home.host}/start`, headers: secrets },
      { configuredHosts: [home.host, other.host] },
    );
    expect(answer).toMatchObject({ status: 200, text: 'done', url: `http://${home.host}/end` });
    const sent = [...home.seen, ...other.seen].map(({ url, headers }) => [url, headers.authorization, headers.cookie]);
    expect(sent).toEqual([
      ['/start', secrets.authorization, secrets.cookie],
      ['/end', undefined, undefined],
      ['/away', undefined, undefined],
    ]);
    expect(other.seen[0]?.headers.accept).toBe('text/plain');
  });

  it('credentials go along on the same host', async () => {
    await using home = await startScriptedServer((request, response) => {
      if (request.url === '/end') response.end();
      else response.writeHead(301, { location: '/end' }).end();
    });
    await send({ url: `http://${home.host}/`, headers: secrets }, { configuredHosts: [home.host] });
    expect(home.seen.map(({ headers }) => headers.authorization)).toEqual([
      secrets.authorization,
      secrets.authorization,
    ]);
  });

  it.each<[string, string, string, number]>([
    ['to a host that is not configured', 'http://127.0.0.1:9/', 'EGRESS_HOST_NOT_ALLOWED', 1],
    ['to the metadata service', 'https://169.254.169.254/', 'EGRESS_HOST_NOT_ALLOWED', 1],
    ['to plain HTTP', 'http://example.com/', 'EGRESS_PLAIN_HTTP_REFUSED', 1],
    ['to a file', 'file:///etc/passwd', 'EGRESS_HOST_NOT_ALLOWED', 1],
    ['to nothing', 'http://', 'EGRESS_REDIRECT_REFUSED', 1],
    ['round and round', '/again', 'EGRESS_REDIRECT_REFUSED', 6],
  ])('%s: refused', async (_name, location, code, calls) => {
    await using home = await startScriptedServer((_request, response) => {
      response.writeHead(302, { location }).end();
    });
    await expect(
      send({ url: `http://${home.host}/`, retries: 0 }, { configuredHosts: [home.host] }),
    ).rejects.toMatchObject({ code });
    expect(home.seen).toHaveLength(calls);
  });

  it('a write is not sent on', async () => {
    await using home = await startScriptedServer((_request, response) => {
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const call = { url: `http://${home.host}/`, method: 'PUT', body: 'x' } as const;
    expect(await send(call, { configuredHosts: [home.host] })).toMatchObject({ status: 307 });
    expect(home.seen).toHaveLength(1);
  });
});

describe('trying again', () => {
  const failing =
    (times: number, status: number, headers: Record<string, string> = {}): RequestListener =>
    (_request, response) => {
      times -= 1;
      if (times < 0) response.end('ok');
      else response.writeHead(status, headers).end();
    };

  it.each<[string, EgressRequest['method'], number | undefined, RequestListener, number, number]>([
    ['a read is tried again', 'GET', undefined, failing(2, 503), 200, 3],
    ['and given up in the end', 'GET', 1, failing(9, 500), 500, 2],
    ['what the server does not know is no passing failure', 'GET', undefined, failing(9, 404), 404, 1],
    ['what it does not do neither', 'GET', undefined, failing(9, 501), 501, 1],
    ['a POST is not tried again', 'POST', undefined, failing(1, 503), 503, 1],
    ['unless it is asked for', 'POST', 1, failing(1, 429), 200, 2],
    [
      'a server that wants a long wait is given up',
      'GET',
      undefined,
      failing(1, 429, { 'retry-after': '3600' }),
      429,
      1,
    ],
    [
      'also where it names the hour',
      'GET',
      undefined,
      failing(1, 503, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }),
      503,
      1,
    ],
  ])('%s', async (_name, method, retries, listener, status, calls) => {
    await using server = await startScriptedServer(listener);
    const call = { url: `http://${server.host}/`, method, ...(retries === undefined ? {} : { retries }) };
    expect((await send(call, { configuredHosts: [server.host] })).status).toBe(status);
    expect(server.seen).toHaveLength(calls);
  });

  it('waits as long as it is asked to', async () => {
    await using server = await startScriptedServer(failing(1, 429, { 'retry-after': '1' }));
    const before = performance.now();
    await send({ url: `http://${server.host}/` }, { configuredHosts: [server.host] });
    expect(performance.now() - before).toBeGreaterThan(950);
  });

  it('sends the whole body each time', async () => {
    await using server = await startScriptedServer(failing(1, 503));
    const body = () =>
      (async function* () {
        yield new TextEncoder().encode('once ');
        yield new TextEncoder().encode('more');
      })();
    await send({ url: `http://${server.host}/`, method: 'PUT', body, retries: 1 }, { configuredHosts: [server.host] });
    expect(server.seen.map((one) => one.body)).toEqual(['once more', 'once more']);
  });
});

describe('bounds of time and size', () => {
  const hang: RequestListener = () => undefined;
  const stall: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('half');
  };

  it.each<[string, RequestListener, EgressOptions['timeouts']]>([
    ['before the headers', hang, { headersMs: 50 }],
    ['between two chunks', stall, { bodyMs: 50 }],
  ])('silence %s ends the call', async (_name, listener, timeouts) => {
    await using server = await startScriptedServer(listener);
    await expect(
      send(
        { url: `http://${server.host}/`, retries: 0 },
        { configuredHosts: [server.host], ...(timeouts && { timeouts }) },
      ),
    ).rejects.toMatchObject({ code: 'EGRESS_TIMEOUT' });
  });

  it('an aborted call ends at once, with its reason', async () => {
    await using server = await startScriptedServer(hang);
    const stop = new AbortController();
    const answer = send({ url: `http://${server.host}/`, signal: stop.signal }, { configuredHosts: [server.host] });
    const outcome = expect(answer).rejects.toThrow('enough');
    while (server.seen.length === 0) await delay(5);
    stop.abort(new Error('enough'));
    await outcome;
    expect(server.seen).toHaveLength(1);
  });

  it('an aborted wait ends at once, with its reason', async () => {
    await using server = await startScriptedServer((_request, response) => {
      response.writeHead(429, { 'retry-after': '15' }).end();
    });
    const signal = AbortSignal.timeout(50);
    await expect(
      send({ url: `http://${server.host}/`, signal }, { configuredHosts: [server.host] }),
    ).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it.each([
    ['of a document', {}, 4 * 1024 * 1024 + 1],
    ['that was asked for', { maxBytes: 10 }, 11],
  ])('more bytes than the limit %s', async (_name, limit, size) => {
    await using server = await startScriptedServer((_request, response) => response.end(Buffer.alloc(size)));
    const options = { configuredHosts: [server.host] };
    await expect(send({ url: `http://${server.host}/`, ...limit }, options)).rejects.toMatchObject({
      code: 'EGRESS_TOO_LARGE',
    });
  });

  it('a body that breaks off is no whole body', async () => {
    await using server = await startScriptedServer((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    });
    await expect(send({ url: `http://${server.host}/` }, { configuredHosts: [server.host] })).rejects.toMatchObject({
      code: 'EGRESS_UNREACHABLE',
    });
  });

  it('no message repeats a query, where tokens travel', async () => {
    const failure = await send(
      { url: 'http://127.0.0.1:9/blob?signature=secret', retries: 0 },
      { configuredHosts: ['127.0.0.1'] },
    ).catch((error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).not.toContain('secret');
  });
});

describe('a body that is lent', () => {
  it('is whole; the memory of a chunk is gone once another has come', async () => {
    const sent = randomBytes(3_000_000);
    await using server = await startScriptedServer((_request, response) => response.end(sent));
    const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false });
    const { body } = await egress.send({ method: 'GET', url: `http://${server.host}/` });
    const hash = createHash('sha256');
    const chunks: Uint8Array[] = [];
    let largeAndGone = 0;
    for await (const chunk of body.lent()) {
      const before = chunks.at(-1);
      if (before?.buffer.byteLength === 0) largeAndGone += 1;
      hash.update(chunk);
      chunks.push(chunk);
    }
    await egress.close();
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect(largeAndGone).toBeGreaterThan(0);
  });

  it('in small pieces, which may share their memory, none is taken from under another', async () => {
    await using server = await startScriptedServer((_request, response) => {
      for (let piece = 0; piece < 500; piece += 1) response.write(String(piece).padStart(piece % 90, '.'));
      response.end();
    });
    const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false });
    const texts = [];
    for (const read of ['lent', 'kept'] as const) {
      const { body } = await egress.send({ method: 'GET', url: `http://${server.host}/` });
      let text = '';
      for await (const chunk of read === 'lent' ? body.lent() : body) text += Buffer.from(chunk).toString();
      texts.push(text);
    }
    await egress.close();
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain('.499');
  });
});
