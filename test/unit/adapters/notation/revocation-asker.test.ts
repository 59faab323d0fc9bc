/** Asking about revoked certificates, on loopback: who is asked, in which order, and what comes of those that do not answer. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { createRevocationAsker } from '../../../../adapters/notation/revocation-asker.ts';
import { type Certified, certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { jws, subject } from '../../../fixtures/notation/envelopes.ts';
import { ocspAnswer, ocspRefusal } from '../../../fixtures/notation/ocsp.ts';
import { revocationList, strictPolicy } from '../../../fixtures/notation/revocation-list.ts';
import { unhurried } from '../../../patience.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Says at which addresses it was asked. */
async function serve(handlers: Readonly<Record<string, Handler>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    request.on('end', () => handlers[request.url ?? '']?.(request, response));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const answering =
  (bytes: Uint8Array, status = 200): Handler =>
  (_request, response) =>
    response.writeHead(status).end(bytes);

let root: Certified;
beforeAll(async () => {
  root = await certify({
    ...{ subject: rootName, ca: {} },
    keyUsage: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
  });
});

/** A certificate that names a responder and a list there. */
const certifyAt = (host: string, names: { readonly ocsp?: boolean; readonly list?: boolean } = {}) =>
  certify({
    ...{ subject: signerName, issuer: root },
    extensions: [
      ...(names.ocsp === false ? [] : [new x509.AuthorityInfoAccessExtension({ ocsp: `http://${host}/ocsp` })]),
      ...(names.list === false ? [] : [new x509.CRLDistributionPointsExtension([`http://${host}/list`])]),
    ],
  });

const listOf = (...revoked: readonly Certified[]) => revocationList({ by: root, revoked });

async function verify(leaf: Certified, hosts: readonly string[], trusted = root) {
  const stores = { ca: [pemOf(trusted)], signingAuthority: [], tsa: undefined };
  const verifier = createNotationVerifier();
  const envelope = jws({ chain: [leaf, root] });
  const first = verifier.verify(envelope, subject, { policy: strictPolicy, stores }, new Date());
  const asker = createRevocationAsker(hosts, unhurried);
  opened.push(() => asker.close());
  const found = await asker.ask(first.questions ?? [], new Date());
  const result = verifier.verify(envelope, subject, { policy: strictPolicy, stores, revocation: found }, new Date());
  return { said: result.outcome === 'verified' ? 'verified' : result.code, unanswered: found.unanswered };
}

/** The server first: its address is in the certificate that its answers are about. */
async function serveLater() {
  const handlers: Record<string, Handler> = {};
  const server = await serve(handlers);
  return { ...server, handlers };
}

describe('a certificate that names both', () => {
  it.each(['good', 'revoked'] as const)('is %s as the responder says; nobody fetches the list', async (state) => {
    const { host, asked, handlers } = await serveLater();
    const leaf = await certifyAt(host);
    handlers['/ocsp'] = answering(ocspAnswer({ about: leaf, issuer: root, state }));
    expect(await verify(leaf, [host])).toEqual({
      said: state === 'good' ? 'verified' : 'CERTIFICATE_REVOKED',
      unanswered: [],
    });
    expect(asked).toEqual(['POST /ocsp']);
  });

  it.each<readonly [string, (leaf: Certified) => Handler]>([
    ['does not know it', (leaf) => answering(ocspAnswer({ about: leaf, issuer: root, state: 'unknown' }))],
    ['refuses', () => answering(ocspRefusal(3))],
    ['answers with something else', () => answering(Buffer.from('<html>'))],
    ['is broken', () => answering(Buffer.alloc(0), 404)],
    ['never answers', () => () => undefined],
    ['never ends', () => (_request, response) => response.writeHead(200).write('a'.repeat(300_000))],
  ])('is looked up in the list where the responder %s', async (_what, respond) => {
    const { host, handlers } = await serveLater();
    const leaf = await certifyAt(host);
    handlers['/ocsp'] = respond(leaf);
    handlers['/list'] = answering(await listOf());
    expect(await verify(leaf, [host])).toMatchObject({ said: 'verified' });
    handlers['/list'] = answering(await listOf(leaf));
    expect(await verify(leaf, [host])).toMatchObject({ said: 'CERTIFICATE_REVOKED' });
  });

  it('is unknown where neither answers, and it is said of each why', async () => {
    const { host, handlers } = await serveLater();
    const leaf = await certifyAt(host);
    handlers['/ocsp'] = answering(ocspRefusal(2));
    handlers['/list'] = answering(Buffer.from('no list'));
    const { said, unanswered } = await verify(leaf, [host]);
    expect(said).toBe('REVOCATION_UNKNOWN');
    expect(unanswered).toEqual([
      expect.stringContaining(`http://${host}/ocsp: no answer`),
      expect.stringContaining(`http://${host}/list: expected one list`),
    ]);
  });
});

describe('nobody is asked', () => {
  it('at a private address that was not named', async () => {
    const { host, asked } = await serveLater();
    const { said, unanswered } = await verify(await certifyAt(host), []);
    expect({ said, asked }).toEqual({ said: 'REVOCATION_UNKNOWN', asked: [] });
    expect(unanswered.join()).toContain('127.0.0.1');
  });

  it('whom a certificate below another root names', async () => {
    const { host, asked } = await serveLater();
    const stranger = await certify({ subject: rootName, ca: {} });
    expect(await verify(await certifyAt(host), [host], stranger)).toMatchObject({ said: 'SIGNER_UNKNOWN' });
    expect(asked).toEqual([]);
  });

  it('at an address of another kind', async () => {
    const leaf = await certify({
      ...{ subject: signerName, issuer: root },
      extensions: [new x509.CRLDistributionPointsExtension(['ldap://127.0.0.1/cn=list'])],
    });
    const { said, unanswered } = await verify(leaf, ['127.0.0.1']);
    expect(said).toBe('REVOCATION_UNKNOWN');
    expect(unanswered).toEqual([expect.stringContaining('ldap://127.0.0.1/cn=list is no address that is asked')]);
  });
});

it('a list is fetched once for all the certificates that name it', async () => {
  const { host, asked, handlers } = await serveLater();
  const leaves = [await certifyAt(host, { ocsp: false }), await certifyAt(host, { ocsp: false })];
  handlers['/list'] = answering(await listOf());
  const asker = createRevocationAsker([host], unhurried);
  opened.push(() => asker.close());
  const questions = leaves.map(({ certificate }) => ({
    certificate: new Uint8Array(certificate.rawData),
    issuer: new Uint8Array(root.certificate.rawData),
    responders: [],
    lists: [`http://${host}/list`],
  }));
  expect(await asker.ask(questions, new Date())).toMatchObject({ unanswered: [] });
  await asker.ask(questions, new Date());
  expect(asked).toEqual(['GET /list']);
});
