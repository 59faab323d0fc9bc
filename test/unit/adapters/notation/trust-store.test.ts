import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openTrustStores } from '../../../../adapters/notation/trust-store.ts';
import { parseTrustPolicies } from '../../../../domain/trust/notation/trust-policy.ts';
import { type Certified, certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

const folder = temporaryFolder('pratique-truststore-');
let root: Certified;
let leaf: Certified;

beforeAll(async () => {
  root = await certify({ subject: rootName, ca: {} });
  leaf = await certify({ subject: signerName, issuer: root });
  write('ca/pem/root.pem', pemOf(root));
  write('ca/der/root.cer', Buffer.from(root.certificate.rawData));
  write('ca/leaf/leaf.pem', pemOf(leaf));
  write('ca/text/readme.txt', 'no certificate');
  write('tsa/below/leaf.pem', pemOf(leaf));
  mkdirSync(path.join(folder, 'x509/ca/empty'), { recursive: true });
  mkdirSync(path.join(folder, 'x509/ca/linked'), { recursive: true });
  symlinkSync(path.join(folder, 'x509/ca/pem/root.pem'), path.join(folder, 'x509/ca/linked/root.pem'));
});

function write(name: string, content: string | Uint8Array): void {
  const file = path.join(folder, 'x509', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const open = (...trustStores: string[]) => {
  const statement = {
    name: 'test',
    registryScopes: ['*'],
    signatureVerification: { level: 'strict' },
    trustStores,
    trustedIdentities: ['*'],
  };
  const [policy] = parseTrustPolicies({ version: '1.0', trustPolicies: [statement] }, 'test');
  return openTrustStores(folder, policy!);
};

it('PEM and DER alike, of the stores that are named', async () => {
  const { stores } = await open('ca:pem', 'ca:der');
  expect(stores.ca).toHaveLength(2);
  expect(stores.ca[0]).toBe(stores.ca[1]);
  expect(stores).toMatchObject({ signingAuthority: [], tsa: undefined });
});

it.each([
  ['ca:missing', /is not there/],
  ['ca:text', /cannot be read/],
  ['ca:linked', /no regular file/],
  ['ca:leaf', /neither an authority nor signed by itself/],
  ['tsa:below', /no root/],
])('%s: refused', async (store, message) => {
  await expect(open(store)).rejects.toMatchObject({
    code: 'TRUST_STORE_UNREADABLE',
    message: expect.stringMatching(message),
  });
});

it('a store with nothing in it says that nobody is trusted, and what to put there', async () => {
  await expect(open('ca:empty')).rejects.toMatchObject({
    code: 'TRUST_STORE_EMPTY',
    message: expect.stringMatching(/nobody is trusted: put the certificate of whom you trust into it/),
  });
});
