/** Keyless on a real Sigstore of one's own (Fulcio 1.8.8, Rekor 2.3.0, timestamp authority 2.0.3): ours and cosign's, each verified by the other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBareRegistry } from './bare-registry.ts';
import { buildSigstore, type LocalSigstore, startLocalSigstore } from './local-sigstore.ts';
import { type Cell, itIsAccepted as recordCell } from './matrix.ts';
import { pushImage } from './push-image.ts';
import { startReferrersRegistry } from './referrers-registry.ts';
import { type Ended, pratique, runProgram } from './run-program.ts';

const cosignProgram = process.env.PRATIQUE_COSIGN ?? '';
const programs = cosignProgram === '' ? undefined : buildSigstore();

const registries = [
  { where: 'registry without it', start: startBareRegistry, runs: true },
  { where: 'registry with the referrers API', start: startReferrersRegistry, runs: process.env.PRATIQUE_CRANE !== '' },
] as const;

describe.skipIf(programs === undefined)("a Sigstore of one's own", () => {
  let folder: string;
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
    sigstore = await startLocalSigstore(programs!, folder);
    await expectPass(cosign(...sigstore.trustedRootArguments, '--out', 'tr.json'));
    await expectPass(cosign(...sigstore.signingConfigArguments, '--out', 'sc.json'));
    await writeFile(path.join(folder, 'file.txt'), 'a file\n');
    await writeFile(path.join(folder, 'bom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}');
    await writeFile(path.join(folder, 'predicate.json'), '{"reviewed":true}');
  });
  afterAll(async () => {
    await sigstore.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ignoreSct = '--insecure-ignore-sct';
  const review = ['--type', 'https://example.com/review/v1'];
  /** Only with the CycloneDX type does cosign attest a predicate of that kind. */
  const bom = ['--type', 'cyclonedx', '--predicate', 'bom.json'];
  const itIsAccepted = (cell: Pick<Cell, 'made' | 'command' | 'what' | 'where'>, run: () => Promise<void>) =>
    recordCell({ peer: 'cosign 3.1.3', mode: 'keyless', format: 'bundle', ...cell }, run);
  const file = (made: Cell['made'], command: string, what: string) => ({ made, command, what, where: 'file' }) as const;

  itIsAccepted(file('ours', 'verify-blob', 'signature of a file, as nobody else'), async () => {
    await expectPass(ours('sign', 'file.txt', ...services, ...token(), '--bundle', 'ours.json'));
    await expectPass(ours('verify', 'file.txt', '--bundle', 'ours.json', ...identity()));
    const verify = ['verify-blob', ignoreSct, '--bundle', 'ours.json'];
    await expectPass(cosign(...verify, ...identity(), 'file.txt'));
    expect((await cosign(...verify, ...identity('ops@example.com'), 'file.txt')).code).not.toBe(0);
  });

  itIsAccepted(file('theirs', 'sign-blob', 'signature of a file, as nobody else'), async () => {
    await expectPass(cosign('sign-blob', '--yes', ...services, ...token(), '--bundle', 'theirs.json', 'file.txt'));
    const verified = await expectPass(
      ours('verify', 'file.txt', '--bundle', 'theirs.json', ...identity(), '-o', 'json'),
    );
    expect(JSON.parse(verified.stdout)).toMatchObject({
      evidence: [{ proof: { times: [{ by: 'timestamp-authority' }], logs: [{ kind: 'hashedrekord/0.0.2' }] } }],
    });
    expect((await ours('verify', 'file.txt', '--bundle', 'theirs.json', ...identity('ops@example.com'))).code).toBe(1);
  });

  itIsAccepted(file('ours', 'verify-blob-attestation', 'CycloneDX about a file'), async () => {
    await expectPass(ours('attest', 'file.txt', ...services, ...token(), ...bom, '--bundle', 'att-ours.json'));
    const verify = ['verify-blob-attestation', ignoreSct, '--type', 'cyclonedx', '--bundle', 'att-ours.json'];
    await expectPass(cosign(...verify, ...identity(), 'file.txt'));
    expect((await cosign(...verify, ...identity('ops@example.com'), 'file.txt')).code).not.toBe(0);
  });

  itIsAccepted(file('theirs', 'attest-blob', 'CycloneDX about a file'), async () => {
    const attest = ['attest-blob', '--yes', ...services, ...token(), ...bom, '--bundle', 'att-theirs.json'];
    await expectPass(cosign(...attest, 'file.txt'));
    const verify = ['verify', 'file.txt', '--type', 'cyclonedx', '--bundle', 'att-theirs.json'];
    await expectPass(ours(...verify, ...identity()));
    expect((await ours(...verify, ...identity('ops@example.com'))).code).toBe(1);
  });

  describe.each(registries.filter(({ runs }) => runs))('$where', ({ where, start }) => {
    let host: string;
    let stop = async () => {};
    let images = 0;
    const newImage = async () => {
      images += 1;
      return `${host}/shop@${await pushImage(host, 'shop', `keyless ${images}`)}`;
    };
    const verify = ['verify', ignoreSct];
    const verifyReview = ['verify-attestation', ignoreSct, ...review];

    beforeAll(async () => {
      ({ host, stop } = await start(folder));
    });
    afterAll(() => stop());

    itIsAccepted(
      { made: 'ours', command: 'verify', what: 'signature of an image, as nobody else', where },
      async () => {
        const image = await newImage();
        await expectPass(ours('sign', image, ...services, ...token()));
        await expectPass(cosign(...verify, ...identity(), image));
        expect((await cosign(...verify, ...identity('ops@example.com'), image)).code).not.toBe(0);
        await expectPass(ours('verify', image, ...identity()));
      },
    );

    itIsAccepted(
      { made: 'theirs', command: 'sign', what: 'signature of an image, as nobody else', where },
      async () => {
        const image = await newImage();
        await expectPass(cosign('sign', '--yes', ...services, ...token(), image));
        await expectPass(ours('verify', image, ...identity()));
        expect((await ours('verify', image, ...identity('ops@example.com'))).code).toBe(1);
      },
    );

    itIsAccepted({ made: 'ours', command: 'verify', what: 'signature beside one of cosign', where }, async () => {
      const image = await newImage();
      await expectPass(cosign('sign', '--yes', ...services, ...token(), image));
      await expectPass(ours('sign', image, ...services, '--identity-token', sigstore.token('ops@example.com')));
      await expectPass(cosign(...verify, ...identity(), image));
      await expectPass(cosign(...verify, ...identity('ops@example.com'), image));
    });

    itIsAccepted(
      { made: 'ours', command: 'verify-attestation', what: 'a predicate of their own about an image', where },
      async () => {
        const image = await newImage();
        await expectPass(ours('attest', image, ...services, ...token(), ...review, '--predicate', 'predicate.json'));
        await expectPass(cosign(...verifyReview, ...identity(), image));
        expect((await cosign(...verifyReview, ...identity('ops@example.com'), image)).code).not.toBe(0);
      },
    );

    itIsAccepted({ made: 'ours', command: 'verify-attestation', what: 'cyclonedx about an image', where }, async () => {
      const image = await newImage();
      await expectPass(ours('attest', image, ...services, ...token(), ...bom));
      await expectPass(cosign('verify-attestation', ignoreSct, '--type', 'cyclonedx', ...identity(), image));
    });

    itIsAccepted({ made: 'theirs', command: 'attest', what: 'CycloneDX about an image', where }, async () => {
      const image = await newImage();
      await expectPass(cosign('attest', '--yes', ...services, ...token(), ...bom, image));
      await expectPass(ours('verify', image, '--type', 'cyclonedx', ...identity()));
      expect((await ours('verify', image, '--type', 'cyclonedx', ...identity('ops@example.com'))).code).toBe(1);
    });
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
