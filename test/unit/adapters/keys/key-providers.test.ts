import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeyContext } from '../../../../adapters/keys/key-provider.ts';
import { openSigner } from '../../../../adapters/keys/open-signer.ts';
import { describeKeyProvider, type KeptKeys } from '../../../contracts/key-provider.ts';
import { startAwsKms } from '../../../fakes/aws-kms.ts';
import { startVault } from '../../../fakes/vault.ts';
import { findSoftHsm } from '../../../fixtures/softhsm.ts';

const contextOf = (env: Record<string, string>, files: Record<string, string> = {}): KeyContext => ({
  env,
  readFile: async (file) => files[file] ?? Promise.reject(new Error(`no file ${file}`)),
  passphrase: async () => env.PRATIQUE_KEY_PASSPHRASE,
});
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const pairs = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  Ed25519: generateKeyPairSync('ed25519'),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'RSA-PSS': generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  'ML-DSA-65': generateKeyPairSync('ml-dsa-65'),
};
const kinds = Object.keys(pairs) as (keyof typeof pairs)[];
const texts = Object.fromEntries(kinds.map((kind) => [kind, pem(pairs[kind].privateKey)]));
const weak = pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);

describe('files', () => {
  const context = contextOf({}, { ...texts, weak, 'none.key': 'hello' });
  describeKeyProvider(kinds, ['a key that is none', 'a weak key', 'another scheme'], () => ({
    context,
    keys: Object.fromEntries(kinds.map((kind) => [kind, kind])),
    failures: {
      'a key that is none': { reference: 'none.key', code: 'KEY_MALFORMED' },
      'a weak key': { reference: 'weak', code: 'KEY_UNSUPPORTED' },
      'another scheme': { reference: 'k8s://namespace/secret', code: 'KEY_UNSUPPORTED' },
    },
    secrets: ['hello'],
  }));
});

describe('the environment', () => {
  const env = Object.fromEntries(kinds.map((kind, at) => [`KEY_${at}`, texts[kind] ?? '']));
  describeKeyProvider(kinds, ['a variable that is not there', 'no name'], () => ({
    context: contextOf(env),
    keys: Object.fromEntries(kinds.map((kind, at) => [kind, `env://KEY_${at}`])),
    failures: {
      'a variable that is not there': { reference: 'env://NOTHING', code: 'KEY_MISSING' },
      'no name': { reference: 'env://../x', code: 'KEY_MISSING' },
    },
    secrets: [],
  }));
});

describe('Vault', () => {
  const token = 'hvs.secret-token';

  it('is found below the path of a gateway', async () => {
    const vault = await startVault(token, '/secrets/vault');
    for (const end of ['', '/']) {
      const env = { VAULT_ADDR: `http://${vault.host}/secrets/vault${end}`, VAULT_TOKEN: token };
      const signer = await openSigner('hashivault://p256', contextOf(env));
      expect(await signer.sign(new Uint8Array(3))).toBeInstanceOf(Uint8Array);
    }
    await vault.stop();
  });

  let kept: KeptKeys;
  let stop = async () => {};
  beforeAll(async () => {
    const vault = await startVault(token);
    stop = vault.stop;
    const env = { VAULT_ADDR: `http://${vault.host}`, VAULT_TOKEN: token };
    kept = {
      context: contextOf(env),
      keys: {
        'P-256': 'hashivault://p256',
        'P-384': 'hashivault://p384/1',
        Ed25519: 'hashivault://ed25519',
        RSA: 'hashivault://rsa',
      },
      failures: {
        'a key that is not there': { reference: 'hashivault://nothing', code: 'KEY_MISSING' },
        'a version that is not there': { reference: 'hashivault://p256/7', code: 'KEY_MISSING' },
        'a name that is none': { reference: 'hashivault://../secret/x', code: 'KEY_MISSING' },
        'a key for something else': { reference: 'hashivault://agreement', code: 'KEY_UNSUPPORTED' },
        'a token that is wrong': {
          reference: 'hashivault://p256',
          context: contextOf({ ...env, VAULT_TOKEN: 'hvs.secret-other' }),
          code: 'KEY_STORE_DENIED',
        },
        'no address': {
          reference: 'hashivault://p256',
          context: contextOf({ VAULT_TOKEN: token }),
          code: 'KEY_STORE_DENIED',
        },
        'a sealed Vault': { reference: 'hashivault://sealed', code: 'KEY_STORE_UNAVAILABLE' },
        'no Vault there': {
          reference: 'hashivault://p256',
          context: contextOf({ ...env, VAULT_ADDR: 'http://127.0.0.1:9' }),
          code: 'KEY_STORE_UNAVAILABLE',
        },
      },
      secrets: ['hvs.'],
    };
  });
  afterAll(() => stop());
  const failures = [
    'a key that is not there',
    'a version that is not there',
    'a name that is none',
    'a key for something else',
    'a token that is wrong',
    'no address',
    'a sealed Vault',
    'no Vault there',
  ];
  describeKeyProvider(['P-256', 'P-384', 'Ed25519', 'RSA'], failures, () => kept);
});

const require = createRequire(import.meta.url);
const isThere = (name: string) => {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!isThere('@aws-sdk/client-kms'))('AWS KMS', () => {
  let kept: KeptKeys;
  let stop = async () => {};
  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-access-key');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    const kms = await startAwsKms('AKIDEXAMPLE');
    stop = kms.stop;
    kept = {
      context: contextOf({ AWS_REGION: 'eu-north-1' }),
      keys: {
        'P-256': `awskms://${kms.host}/alias/p256`,
        'P-384': `awskms://${kms.host}/alias/p384`,
        RSA: `awskms://${kms.host}/alias/rsa`,
      },
      failures: {
        'a key that is not there': { reference: `awskms://${kms.host}/alias/nothing`, code: 'KEY_MISSING' },
        'no key named': { reference: `awskms://${kms.host}`, code: 'KEY_MISSING' },
        'a key for something else': { reference: `awskms://${kms.host}/alias/agree`, code: 'KEY_UNSUPPORTED' },
        'an outage': { reference: `awskms://${kms.host}/alias/broken`, code: 'KEY_STORE_UNAVAILABLE' },
      },
      secrets: ['secret-person', 'a-secret-access-key'],
    };
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await stop();
  });
  describeKeyProvider(
    ['P-256', 'P-384', 'RSA'],
    ['a key that is not there', 'no key named', 'a key for something else', 'an outage'],
    () => kept,
  );

  it('credentials that are wrong: says so', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOTHER');
    const failure = openSigner(kept.keys['P-256'] ?? '', kept.context);
    await expect(failure).rejects.toMatchObject({ code: 'KEY_STORE_DENIED' });
  });

  it('no region: says where one is named', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere/config');
    await expect(openSigner(kept.keys['P-256'] ?? '', contextOf({}))).rejects.toMatchObject({
      ...{ code: 'KEY_STORE_DENIED', message: expect.stringContaining('AWS_REGION') as string },
    });
  });
});

const softHsm = isThere('graphene-pk11') ? findSoftHsm() : undefined;

describe.skipIf(softHsm === undefined)('PKCS #11, on SoftHSM2', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pratique-softhsm-'));
  const imported = { 'P-256': pairs['P-256'], 'P-384': pairs['P-384'], RSA: pairs.RSA };
  const { module = '', util = '' } = softHsm ?? {};
  const reference = (label: string, pin = '4711') =>
    `pkcs11:token=pratique;object=${label}?module-path=${module}&pin-value=${pin}`;
  beforeAll(() => {
    writeFileSync(path.join(folder, 'softhsm2.conf'), `directories.tokendir = ${folder}\nlog.level = ERROR\n`);
    // The module reads it from the process.
    vi.stubEnv('SOFTHSM2_CONF', path.join(folder, 'softhsm2.conf'));
    const env = { ...process.env, SOFTHSM2_CONF: path.join(folder, 'softhsm2.conf') };
    const run = (...args: string[]) => execFileSync(util, args, { env, stdio: 'pipe' });
    run('--module', module, '--init-token', '--free', '--label', 'pratique', '--pin', '4711', '--so-pin', '1234');
    for (const [at, [label, { privateKey }]] of Object.entries(imported).entries()) {
      const file = path.join(folder, `${at}.pem`);
      writeFileSync(file, pem(privateKey));
      run(
        '--module',
        module,
        '--import',
        file,
        '--token',
        'pratique',
        '--label',
        label,
        '--id',
        `0${at}`,
        '--pin',
        '4711',
      );
    }
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const failures = [
    'a PIN that is wrong',
    'a key that is not there',
    'another token',
    'no module',
    'a module that is none',
    'no PIN',
    'no key named',
  ];
  describeKeyProvider(['P-256', 'P-384', 'RSA'], failures, () => ({
    context: contextOf({}),
    keys: { 'P-256': reference('P-256'), 'P-384': reference('P-384'), RSA: reference('RSA') },
    failures: {
      'a PIN that is wrong': { reference: reference('P-256', 'secret-9999'), code: 'KEY_STORE_DENIED' },
      'a key that is not there': { reference: reference('nothing'), code: 'KEY_MISSING' },
      'another token': {
        reference: `pkcs11:token=other;object=P-256?module-path=${module}&pin-value=4711`,
        code: 'KEY_MISSING',
      },
      'no module': { reference: 'pkcs11:token=pratique;object=P-256', code: 'KEY_MISSING' },
      'a module that is none': {
        reference: 'pkcs11:object=x?module-path=/etc/hostname&pin-value=4711',
        code: 'KEY_STORE_UNAVAILABLE',
      },
      'no PIN': {
        reference: `pkcs11:token=pratique;object=P-256?module-path=${module}`,
        code: 'KEY_PASSPHRASE_MISSING',
      },
      'no key named': { reference: `pkcs11:token=pratique?module-path=${module}&pin-value=4711`, code: 'KEY_MISSING' },
    },
    secrets: ['secret-9999', '4711'],
  }));

  it('signs in another session where the token dropped the one it had', async () => {
    const signer = await openSigner(reference('P-256'), contextOf({}));
    const { Module } = await import('graphene-pk11');
    const slots = Module.load(module).getSlots(true);
    for (let at = 0; at < slots.length; at += 1) slots.items(at).closeAll();
    // What it signs is held against its public key before it is given.
    expect(await signer.sign(Buffer.from('after'))).not.toHaveLength(0);
  });

  it('finds a key by its id, and takes the PIN from the environment', async () => {
    const context = contextOf({ PRATIQUE_PKCS11_PIN: '4711', PRATIQUE_PKCS11_MODULE: module });
    const signer = await openSigner('pkcs11:token=pratique;id=%01', context);
    expect(signer.publicKeyPem).toBe(pairs['P-384'].publicKey.export({ format: 'pem', type: 'spki' }));
  });
});
