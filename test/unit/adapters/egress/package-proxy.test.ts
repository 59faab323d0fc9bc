import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PackageProxyOptions, startPackageProxy } from '../../../../adapters/egress/package-proxy.ts';
import { startScriptedServer } from './scripted-server.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-proxy-'));
});
afterAll(() => rm(folder, { recursive: true }));

const leadingTo =
  (address: string): LookupFunction =>
  (_name, options, callback) =>
    options.all === true ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);

/** The first line and the last of what the proxy answers. */
async function ask(request: string, options: Partial<PackageProxyOptions> = {}, then = ''): Promise<string[]> {
  const socket = path.join(folder, `${Math.random()}`.slice(2, 10));
  const proxy = await startPackageProxy({ socket, configuredHosts: [], knownHosts: [], ...options });
  const client = connect(socket);
  client.write(`${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  let answer = '';
  try {
    for await (const chunk of client) {
      if (answer === '' && then !== '') client.write(then);
      answer += String(chunk);
    }
  } finally {
    await proxy.close();
  }
  const lines = answer.trim().split('\r\n');
  return [lines[0] ?? '', lines.at(-1) ?? ''];
}

test('a named host is reached, plainly and through a tunnel, without what was meant for the proxy', async () => {
  await using server = await startScriptedServer((_request, response) => response.end('a package'));
  const options = { configuredHosts: [server.host] };
  expect(await ask(`GET http://${server.host}/p`, options)).toEqual([
    'HTTP/1.1 200 OK',
    expect.stringMatching(/package/),
  ]);
  const inner = `GET /q HTTP/1.1\r\nHost: ${server.host}\r\nConnection: close\r\n\r\n`;
  expect(await ask(`CONNECT ${server.host}`, options, inner)).toEqual([
    'HTTP/1.1 200 Connection established',
    expect.stringMatching(/a package|0/),
  ]);
  expect(server.seen.map(({ url }) => url)).toEqual(['/p', '/q']);
});

test.each<[string, Partial<PackageProxyOptions>]>([
  ['a public name that leads into a network', { lookup: leadingTo('10.0.0.1') }],
  ['a known name that leads to this machine', { lookup: leadingTo('127.0.0.1'), knownHosts: ['packages.example'] }],
])('%s is not connected to', async (_, options) => {
  expect((await ask('CONNECT packages.example:443', options))[0]).toBe('HTTP/1.1 502 Bad Gateway');
  expect((await ask('GET http://packages.example/', options))[0]).toBe('HTTP/1.1 502 Bad Gateway');
});

test.each([
  'CONNECT 127.0.0.1:443',
  'CONNECT [::1]:443',
  'CONNECT [::ffff:127.0.0.1]:443',
  'CONNECT 2130706433:443',
  'CONNECT packages.example:5432',
  'CONNECT ann@packages.example:443',
  'GET http://169.254.169.254/latest/',
  'GET http://packages.example:9092/',
  'GET https://packages.example/',
  'GET file:///etc/passwd',
  'GET /etc/passwd',
])('%s is refused', async (request) => {
  expect((await ask(request))[0]).toBe('HTTP/1.1 403 Forbidden');
});

test('a proxy behind it is told who asks, and the client is not; what is near goes there directly', async () => {
  await using behind = await startScriptedServer((_request, response) => response.end('from behind'));
  await using near = await startScriptedServer((_request, response) => response.end('from near'));
  const options = {
    configuredHosts: [near.host, 'far.example'],
    upstream: new URL(`http://ann:secret@${behind.host}`),
    direct: ['127.0.0.1'],
  };
  expect((await ask('GET http://far.example/p', options)).join()).toContain('from behind');
  expect((await ask(`GET http://${near.host}/p`, options)).join()).toContain('from near');
  const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  expect(behind.seen).toMatchObject([{ url: 'http://far.example/p', headers: { 'proxy-authorization': basic } }]);
  expect(near.seen[0]?.headers['proxy-authorization']).toBeUndefined();
});

const nowhere: LookupFunction = (_name, _options, callback) =>
  callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), '');
const known = { knownHosts: ['packages.example'] };

test.each<[string, string, Partial<PackageProxyOptions>, boolean]>([
  ['a public name that leads into a network', '403', { lookup: leadingTo('10.0.0.7') }, false],
  ['a known name that leads to this machine', '403', { lookup: leadingTo('127.0.0.1'), ...known }, false],
  ...['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254', '::ffff:168.63.129.16'].map(
    (address): [string, string, Partial<PackageProxyOptions>, boolean] => [
      `a known name that leads to a cloud's services at ${address}`,
      '403',
      { lookup: leadingTo(address), ...known },
      false,
    ],
  ),
  ['a known name that leads into a network', '200', { lookup: leadingTo('10.0.0.7'), ...known }, true],
  ['a public name that leads to a public address', '200', { lookup: leadingTo('93.184.216.34') }, true],
  ['a name that only the proxy behind can look up', '403', { lookup: nowhere }, false],
  ['a known name that only the proxy behind can look up', '200', { lookup: nowhere, ...known }, true],
  [
    'a configured name that only the proxy behind can look up',
    '200',
    { lookup: nowhere, configuredHosts: ['packages.example'] },
    true,
  ],
])('with a proxy behind it, %s: %s', async (_name, status, options, asked) => {
  await using behind = await startScriptedServer((_request, response) => response.end('from behind'));
  const upstream = new URL(`http://${behind.host}`);
  expect((await ask('GET http://packages.example/p', { ...options, upstream }))[0]).toContain(` ${status} `);
  expect(behind.seen).toHaveLength(asked ? 1 : 0);
  const tunnel = (await ask('CONNECT packages.example:443', { ...options, upstream }))[0];
  expect(tunnel?.includes(' 403 ')).toBe(!asked);
});
