/** OpenPGP, both ways: what gpg signs we verify, and what we sign gpg does. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itIsAccepted } from './matrix.ts';
import { type Ended, pratique, runProgram } from './run-program.ts';

const version = /\d+\.\d+\.\d+/.exec(spawnSync('gpg', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0];

describe.skipIf(version === undefined)('gpg', () => {
  let folder: string;
  const gpg = (...args: string[]): Promise<Ended> =>
    runProgram(
      'gpg',
      ['--homedir', path.join(folder, 'home'), '--batch', '--yes', '--passphrase', '', ...args],
      folder,
    );
  const ours = (...args: string[]): Promise<Ended> => pratique(args, folder);
  const cell = { peer: `gpg ${version}`, mode: 'OpenPGP key', format: 'detached signature', where: 'file' } as const;

  async function expectPass(run: Promise<Ended>): Promise<Ended> {
    const ended = await run;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return ended;
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pratique-gpg-'));
    await runProgram('mkdir', ['home'], folder);
    await chmod(path.join(folder, 'home'), 0o700);
    await writeFile(path.join(folder, 'bom.json'), '{"bomFormat":"CycloneDX"}');
    await writeFile(path.join(folder, 'other.json'), '{}');
    for (const [name, algorithm] of [
      ['ed', 'ed25519'],
      ['rsa', 'rsa3072'],
      ['stranger', 'ed25519'],
    ] as const) {
      await expectPass(gpg('--quick-generate-key', `${name}@example.com`, algorithm, 'sign', 'never'));
      await expectPass(gpg('--output', `${name}.gpg`, '--export', `${name}@example.com`));
      await expectPass(gpg('--armor', '--output', `${name}.asc`, '--export-secret-keys', `${name}@example.com`));
    }
  });
  afterAll(async () => {
    await runProgram('gpgconf', ['--homedir', path.join(folder, 'home'), '--kill', 'all'], folder);
    await rm(folder, { recursive: true, force: true });
  });

  for (const name of ['ed', 'rsa'] as const) {
    const kind = name === 'ed' ? 'Ed25519' : 'RSA 3072';
    itIsAccepted(
      { ...cell, made: 'theirs', command: '--detach-sign', what: `signature of an SBOM, ${kind}` },
      async () => {
        await expectPass(gpg('-u', `${name}@example.com`, '--output', `${name}.sig`, '--detach-sign', 'bom.json'));
        await expectPass(ours('verify', 'bom.json', '--keyring', `${name}.gpg`, '--signature', `${name}.sig`));
        expect((await ours('verify', 'bom.json', '--keyring', 'stranger.gpg', '--signature', `${name}.sig`)).code).toBe(
          1,
        );
        expect(
          (await ours('verify', 'other.json', '--keyring', `${name}.gpg`, '--signature', `${name}.sig`)).code,
        ).toBe(1);
      },
    );

    itIsAccepted({ ...cell, made: 'ours', command: '--verify', what: `signature of an SBOM, ${kind}` }, async () => {
      await expectPass(ours('sign', 'bom.json', '--key', `${name}.asc`, '--signature', `${name}-ours.asc`));
      await expectPass(gpg('--verify', `${name}-ours.asc`, 'bom.json'));
      expect((await gpg('--verify', `${name}-ours.asc`, 'other.json')).code).not.toBe(0);
    });
  }
});
