/** Notation, both ways: what its library signs we verify, and what we sign it does. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import 'reflect-metadata';
import { AuthorityInfoAccessExtension } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extendedKeyUsages } from '../../adapters/notation/certificate.ts';
import { openPortClaims } from '../../infra/dev/process/port-claims.ts';
import { type Certified, certify, pemOf, rootName, signerName } from '../fixtures/notation/authority.ts';
import { buildImage, writeTestLayout } from '../images.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startBareRegistry } from './bare-registry.ts';
import { itIsAccepted } from './matrix.ts';
import { pushImage } from './push-image.ts';
import { startReferrersRegistry } from './referrers-registry.ts';
import { type Ended, pratique, runProgram } from './run-program.ts';

const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
const program = path.join(cache, 'interop', 'notation-peer', 'notation-peer');
const folder = temporaryFolder('pratique-notation-');

beforeAll(() => {
  mkdirSync(path.dirname(program), { recursive: true });
  const built = spawnSync('nice', ['-n', '19', 'go', 'build', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, 'notation-peer'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status !== 0) throw new Error('notation-peer could not be built: install Go');
}, 900_000);

const policyFor = (identity: string) =>
  JSON.stringify({
    version: '1.0',
    trustPolicies: [
      {
        name: 'acme',
        registryScopes: ['*'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:acme'],
        trustedIdentities: [`x509.subject: ${identity}`],
      },
    ],
  });

/** A folder as Notation keeps its configuration. */
function writeConfig(name: string, identity: string, root: Certified): void {
  const store = path.join(folder, name, 'truststore/x509/ca/acme');
  mkdirSync(store, { recursive: true });
  writeFileSync(path.join(store, 'root.pem'), pemOf(root));
  writeFileSync(path.join(folder, name, 'trustpolicy.json'), policyFor(identity));
}

const peer = (...args: string[]): Promise<Ended> => runProgram(program, args, folder);
const ours = (...args: string[]): Promise<Ended> => pratique(args, folder);

async function expectPass(run: Promise<Ended>): Promise<void> {
  const ended = await run;
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
}

const root = await certify({ subject: rootName, ca: {} });
const leaf = await certify({ subject: signerName, issuer: root });
beforeAll(async () => {
  const stranger = await certify({ subject: rootName, ca: {} });
  writeFileSync(path.join(folder, 'leaf.key'), leaf.key.export({ format: 'pem', type: 'pkcs8' }));
  writeFileSync(path.join(folder, 'chain.pem'), pemOf(leaf, root));
  writeConfig('trusted', 'C=US, ST=WA, O=Acme', root);
  writeConfig('other-name', 'C=US, ST=WA, O=Other', root);
  writeConfig('other-root', 'C=US, ST=WA, O=Acme', stranger);
});

const envelopes = [
  ['JWS envelope', 'application/jose+json'],
  ['COSE envelope', 'application/cose'],
] as const;

describe.each([
  ['registry without it', () => startBareRegistry(folder)],
  ['registry with the referrers API', startReferrersRegistry],
] as const)('%s', (where, start) => {
  let host: string;
  let stop: (() => Promise<void>) | undefined;
  const cell = { peer: 'notation-go 1.3.2', mode: 'certificate', where } as const;
  const image = async (label: string) => `${host}/shop@${await pushImage(host, 'shop', `${where} ${label}`)}`;

  beforeAll(async () => {
    ({ host, stop } = await start());
  });
  afterAll(async () => stop?.());

  const verifyArguments = (reference: string, config: string) => [
    'verify',
    reference,
    '--notation-trust-policy',
    `${config}/trustpolicy.json`,
  ];

  for (const [format, mediaType] of envelopes)
    itIsAccepted(
      { ...cell, made: 'theirs', command: 'notation.Sign', what: 'signature of an image', format },
      async () => {
        const reference = await image(format);
        await expectPass(peer('sign', reference, 'leaf.key', 'chain.pem', mediaType));
        await expectPass(ours(...verifyArguments(reference, 'trusted')));
        for (const config of ['other-name', 'other-root'])
          expect((await ours(...verifyArguments(reference, config))).code).toBe(1);
      },
    );

  itIsAccepted(
    { ...cell, made: 'ours', command: 'notation.Verify', what: 'signature of an image', format: 'JWS envelope' },
    async () => {
      const reference = await image('ours');
      const sign = ['sign', reference, '--format', 'notation', '--key', 'leaf.key', '--certificate-chain', 'chain.pem'];
      await expectPass(ours(...sign, '--expiry', 'P1D'));
      await expectPass(peer('verify', reference, 'trusted'));
      await expectPass(ours(...verifyArguments(reference, 'trusted')));
      for (const config of ['other-name', 'other-root']) expect((await peer('verify', reference, config)).code).toBe(1);
    },
  );
});

describe('an OCI layout', () => {
  const cell = {
    peer: 'notation-go 1.3.2',
    mode: 'certificate',
    where: 'OCI layout',
    what: 'signature of an image',
  } as const;
  /** A layout of its own for each test: what is signed is known by its digest and tag. */
  const layout = async (name: string) => {
    const image = await buildImage({ layers: [{ files: { 'etc/motd': name } }] });
    await writeTestLayout(path.join(folder, name), image, '1.0');
    return { name, scoped: `registry.example/shop@${image.top.digest}` };
  };
  const verifyArguments = (name: string, config: string) => [
    ...['verify', `${name}:1.0`, '--notation-trust-policy', `${config}/trustpolicy.json`],
    ...['--notation-scope', 'registry.example/shop'],
  ];

  for (const [format, mediaType] of envelopes)
    itIsAccepted({ ...cell, made: 'theirs', command: 'notation.Sign', format }, async () => {
      const { name, scoped } = await layout(`theirs-${mediaType.replaceAll(/\W/g, '-')}`);
      await expectPass(peer('sign', scoped, 'leaf.key', 'chain.pem', mediaType, name));
      await expectPass(ours(...verifyArguments(name, 'trusted')));
      for (const config of ['other-name', 'other-root'])
        expect((await ours(...verifyArguments(name, config))).code).toBe(1);
    });

  itIsAccepted({ ...cell, made: 'ours', command: 'notation.Verify', format: 'JWS envelope' }, async () => {
    const { name, scoped } = await layout('ours');
    expect((await peer('verify', scoped, 'trusted', name)).code).toBe(1);
    const sign = ['sign', `${name}:1.0`, '--format', 'notation', '--key', 'leaf.key'];
    await expectPass(ours(...sign, '--certificate-chain', 'chain.pem', '--expiry', 'P1D'));
    await expectPass(peer('verify', scoped, 'trusted', name));
    await expectPass(ours(...verifyArguments(name, 'trusted')));
    for (const config of ['other-name', 'other-root'])
      expect((await peer('verify', scoped, config, name)).code).toBe(1);
  });
});

describe('a responder of OpenSSL', () => {
  let registry: Awaited<ReturnType<typeof startBareRegistry>>;
  let responder: ChildProcess | undefined;
  const at = (name: string) => path.join(folder, name);
  beforeAll(async () => {
    registry = await startBareRegistry(folder);
  });
  afterAll(async () => {
    responder?.kill();
    await registry.stop();
  });

  it.each(['good', 'revoked'] as const)('that says %s of the certificate is believed', async (state) => {
    using claims = openPortClaims();
    const { port } = await claims.allocate({ port: 0 });
    const host = `127.0.0.1:${port}`;
    const root = await certify({ subject: rootName, ca: {} });
    const extensions = [new AuthorityInfoAccessExtension({ ocsp: `http://${host}/` })];
    const leaf = await certify({ subject: signerName, issuer: root, extensions });
    const delegate = await certify({
      subject: 'CN=Responder',
      issuer: root,
      extendedKeyUsage: [extendedKeyUsages.ocspSigning],
    });
    writeFileSync(at('ocsp-leaf.key'), leaf.key.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(at('ocsp-chain.pem'), pemOf(leaf, root));
    writeFileSync(at('ocsp-root.pem'), pemOf(root));
    writeFileSync(at('ocsp-delegate.pem'), pemOf(delegate));
    writeFileSync(at('ocsp-delegate.key'), delegate.key.export({ format: 'pem', type: 'pkcs8' }));
    writeConfig('ocsp', 'C=US, ST=WA, O=Acme', root);
    // OpenSSL's index (ca(1)): state, end, when revoked, serial, file, subject.
    const serial = leaf.certificate.serialNumber.toUpperCase();
    const row = state === 'good' ? ['V', '401231235959Z', ''] : ['R', '401231235959Z', '260101000000Z'];
    writeFileSync(at('ocsp-index.txt'), `${[...row, serial, 'unknown', '/CN=Shop'].join('\t')}\n`);
    const files = ['-index', 'ocsp-index.txt', '-CA', 'ocsp-root.pem', '-rsigner', 'ocsp-delegate.pem'];
    const flags = ['ocsp', ...files, '-rkey', 'ocsp-delegate.key', '-nmin', '5', '-port', String(port)];
    responder?.kill();
    claims.release({ port: port! });
    responder = spawn('openssl', flags, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(responder.stdout!, 'data');

    const reference = `${registry.host}/shop@${await pushImage(registry.host, 'shop', `ocsp ${state}`)}`;
    const sign = ['--format', 'notation', '--key', 'ocsp-leaf.key', '--certificate-chain', 'ocsp-chain.pem'];
    await expectPass(ours('sign', reference, ...sign));
    const verify = ['verify', reference, '--notation-trust-policy', 'ocsp/trustpolicy.json'];
    const asked = await ours(...verify, '--notation-revocation-host', host);
    expect(asked.code, asked.stdout + asked.stderr).toBe(state === 'good' ? 0 : 1);
    if (state === 'revoked') expect(asked.stdout).toContain('CERTIFICATE_REVOKED');
    expect((await ours(...verify, '--offline')).stdout).toContain('REVOCATION_UNKNOWN');
  });
});
