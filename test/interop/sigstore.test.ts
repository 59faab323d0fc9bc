/** Keyless on a real Sigstore of one's own (Fulcio 1.8.8, Rekor 2.3.0, timestamp authority 2.0.3): ours and cosign's, each verified by the other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBareRegistry } from './bare-registry.ts';
import { buildSigstore, type LocalSigstore, startLocalSigstore } from './local-sigstore.ts';
import { pushImage } from './push-image.ts';
import { type Ended, pratique, runProgram } from './run-program.ts';

const cosignProgram = process.env.PRATIQUE_COSIGN ?? '';
const programs = cosignProgram === '' ? undefined : buildSigstore();

describe.skipIf(programs === undefined)("a Sigstore of one's own", () => {
  let folder: string;
  let host: string;
  let stopRegistry = async () => {};
  let sigstore: LocalSigstore;
  const cosign = (...args: string[]): Promise<Ended> => runProgram(cosignProgram, args, folder);
  const ours = (...args: string[]): Promise<Ended> => pratique(args, folder);
  const services = ['--signing-config', 'sc.json', '--trusted-root', 'tr.json'];
  const identity = (email = 'dev@example.com') => [
    ...['--certificate-identity', email, '--certificate-oidc-issuer', sigstore.issuer, '--trusted-root', 'tr.json'],
  ];
  const token = () => ['--identity-token', sigstore.token('dev@example.com')];
  const expectPass = async (run: Promise<Ended>) => {
    const ended = await run;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return ended;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pratique-sigstore-'));
    ({ host, stop: stopRegistry } = await startBareRegistry(folder));
    sigstore = await startLocalSigstore(programs!, folder);
    await expectPass(cosign(...sigstore.trustedRootArguments, '--out', 'tr.json'));
    await expectPass(cosign(...sigstore.signingConfigArguments, '--out', 'sc.json'));
    await writeFile(path.join(folder, 'file.txt'), 'a file\n');
    await writeFile(path.join(folder, 'predicate.json'), '{"reviewed":true}');
  });
  afterAll(async () => {
    await sigstore.stop();
    await stopRegistry();
    await rm(folder, { recursive: true, force: true });
  });

  it('a file: ours verifies with cosign, and as nobody else', async () => {
    await expectPass(ours('sign', 'file.txt', ...services, ...token(), '--bundle', 'ours.json'));
    await expectPass(ours('verify', 'file.txt', '--bundle', 'ours.json', ...identity()));
    const verify = ['verify-blob', '--insecure-ignore-sct', '--bundle', 'ours.json'];
    await expectPass(cosign(...verify, ...identity(), 'file.txt'));
    expect((await cosign(...verify, ...identity('ops@example.com'), 'file.txt')).code).not.toBe(0);
  });

  it("a file: cosign's verifies with ours, and as nobody else", async () => {
    await expectPass(cosign('sign-blob', '--yes', ...services, ...token(), '--bundle', 'theirs.json', 'file.txt'));
    const verified = await expectPass(
      ours('verify', 'file.txt', '--bundle', 'theirs.json', ...identity(), '-o', 'json'),
    );
    expect(JSON.parse(verified.stdout)).toMatchObject({
      evidence: [{ proof: { times: [{ by: 'timestamp-authority' }], logs: [{ kind: 'hashedrekord/0.0.2' }] } }],
    });
    expect((await ours('verify', 'file.txt', '--bundle', 'theirs.json', ...identity('ops@example.com'))).code).toBe(1);
  });

  it('an image: ours verifies with cosign', async () => {
    const image = `${host}/shop@${await pushImage(host, 'shop', 'keyless')}`;
    await expectPass(ours('sign', image, ...services, ...token()));
    await expectPass(cosign('verify', '--insecure-ignore-sct', ...identity(), image));
    await expectPass(ours('verify', image, ...identity()));
  });

  it('an attestation: ours verifies with cosign', async () => {
    const image = `${host}/shop@${await pushImage(host, 'shop', 'attested')}`;
    const type = ['--type', 'https://example.com/review/v1'];
    await expectPass(ours('attest', image, ...services, ...token(), ...type, '--predicate', 'predicate.json'));
    await expectPass(cosign('verify-attestation', '--insecure-ignore-sct', ...type, ...identity(), image));
  });

  it('a token of nobody is refused by Fulcio: nothing is signed', async () => {
    const [head, , signature] = sigstore.token('dev@example.com').split('.');
    const claims = Buffer.from(
      JSON.stringify({ iss: sigstore.issuer, sub: 'x', email: 'x@y', email_verified: true, aud: 'sigstore' }),
    );
    const forged = `${head}.${claims.toString('base64url')}.${signature}`;
    const refused = await ours('sign', 'file.txt', ...services, '--identity-token', forged, '--bundle', 'never.json');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('nothing was signed');
  });
});
