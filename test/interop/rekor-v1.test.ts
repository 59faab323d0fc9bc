/** Keyless with a real Rekor 1 as the only proof of time: ours and cosign's, each verified by the other. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBareRegistry } from './bare-registry.ts';
import { buildSigstore, type LocalSigstore, startLocalSigstore } from './local-sigstore.ts';
import { type Cell, itIsAccepted as recordCell } from './matrix.ts';
import { pushImage } from './push-image.ts';
import { buildRekorV1, rekorV1, startRekorV1 } from './rekor-v1.ts';
import { type Ended, pratique, runProgram } from './run-program.ts';

const cosignProgram = process.env.PRATIQUE_COSIGN ?? '';
const sigstorePrograms = cosignProgram === '' ? undefined : buildSigstore();
const rekorPrograms = sigstorePrograms === undefined ? undefined : buildRekorV1();

describe.skipIf(rekorPrograms === undefined)(`Rekor ${rekorV1}`, () => {
  let folder: string;
  let sigstore: LocalSigstore;
  let rekor: Awaited<ReturnType<typeof startRekorV1>>;
  let registry: Awaited<ReturnType<typeof startBareRegistry>>;
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
  /** With the entry of the log as the one proof of when it was signed. */
  const expectLogged = async (run: Promise<Ended>, kind: string) => {
    const { stdout } = await expectPass(run);
    expect(JSON.parse(stdout)).toMatchObject({
      evidence: [{ outcome: 'verified', proof: { times: [{ by: 'transparency-log' }], logs: [{ kind }] } }],
    });
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pratique-rekor-v1-'));
    sigstore = await startLocalSigstore(sigstorePrograms!, folder);
    rekor = await startRekorV1(rekorPrograms!, folder);
    registry = await startBareRegistry(folder);
    const isOther = (argument: string) => /^--(?:rekor|tsa)/.test(argument);
    await expectPass(
      cosign(
        ...sigstore.trustedRootArguments.filter((one) => !isOther(one)),
        ...[rekor.trustedRootArgument, '--out', 'tr.json'],
      ),
    );
    await expectPass(
      cosign(
        ...sigstore.signingConfigArguments.filter((one) => !isOther(one)),
        ...['--rekor-config=ANY', rekor.signingConfigArgument, '--out', 'sc.json'],
      ),
    );
    await writeFile(path.join(folder, 'file.txt'), 'a file\n');
    await writeFile(path.join(folder, 'bom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}');
  });
  afterAll(async () => {
    await registry?.stop();
    rekor?.stop();
    await sigstore?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ignoreSct = '--insecure-ignore-sct';
  const bom = ['--type', 'cyclonedx', '--predicate', 'bom.json'];
  const itIsAccepted = (cell: Pick<Cell, 'made' | 'command' | 'what' | 'where'>, run: () => Promise<void>) =>
    recordCell(
      { peer: 'cosign 3.1.3', mode: 'keyless', format: 'bundle', ...cell, what: `${cell.what}, in Rekor ${rekorV1}` },
      run,
    );
  const file = (made: Cell['made'], command: string, what: string) => ({ made, command, what, where: 'file' }) as const;
  const image = async (label: string) => `${registry.host}/shop@${await pushImage(registry.host, 'shop', label)}`;
  const where = 'registry without it';

  itIsAccepted(file('ours', 'verify-blob', 'signature of a file'), async () => {
    await expectPass(ours('sign', 'file.txt', ...services, ...token(), '--bundle', 'ours.json'));
    const verify = ['verify-blob', ignoreSct, '--bundle', 'ours.json'];
    await expectPass(cosign(...verify, ...identity(), 'file.txt'));
    expect((await cosign(...verify, ...identity('ops@example.com'), 'file.txt')).code).not.toBe(0);
    await expectLogged(
      ours('verify', 'file.txt', '--bundle', 'ours.json', ...identity(), '-o', 'json'),
      'hashedrekord/0.0.1',
    );
  });

  itIsAccepted(file('theirs', 'sign-blob', 'signature of a file'), async () => {
    await expectPass(cosign('sign-blob', '--yes', ...services, ...token(), '--bundle', 'theirs.json', 'file.txt'));
    const verify = ['verify', 'file.txt', '--bundle', 'theirs.json'];
    await expectLogged(ours(...verify, ...identity(), '-o', 'json'), 'hashedrekord/0.0.1');
    expect((await ours(...verify, ...identity('ops@example.com'))).code).toBe(1);
  });

  itIsAccepted(file('ours', 'verify-blob-attestation', 'CycloneDX about a file'), async () => {
    await expectPass(ours('attest', 'file.txt', ...services, ...token(), ...bom, '--bundle', 'att-ours.json'));
    const verify = ['verify-blob-attestation', ignoreSct, '--type', 'cyclonedx', '--bundle', 'att-ours.json'];
    await expectPass(cosign(...verify, ...identity(), 'file.txt'));
    expect((await cosign(...verify, ...identity('ops@example.com'), 'file.txt')).code).not.toBe(0);
  });

  itIsAccepted(file('theirs', 'attest-blob', 'CycloneDX about a file'), async () => {
    await expectPass(
      cosign('attest-blob', '--yes', ...services, ...token(), ...bom, '--bundle', 'att-theirs.json', 'file.txt'),
    );
    const verify = ['verify', 'file.txt', '--type', 'cyclonedx', '--bundle', 'att-theirs.json'];
    await expectPass(ours(...verify, ...identity()));
    expect((await ours(...verify, ...identity('ops@example.com'))).code).toBe(1);
  });

  itIsAccepted({ made: 'ours', command: 'verify', what: 'signature of an image', where }, async () => {
    const named = await image('rekor-v1 ours');
    await expectPass(ours('sign', named, ...services, ...token()));
    await expectPass(cosign('verify', ignoreSct, ...identity(), named));
    expect((await cosign('verify', ignoreSct, ...identity('ops@example.com'), named)).code).not.toBe(0);
    await expectPass(ours('verify', named, ...identity()));
  });

  itIsAccepted({ made: 'theirs', command: 'sign', what: 'signature of an image', where }, async () => {
    const named = await image('rekor-v1 theirs');
    await expectPass(cosign('sign', '--yes', ...services, ...token(), named));
    await expectPass(ours('verify', named, ...identity()));
    expect((await ours('verify', named, ...identity('ops@example.com'))).code).toBe(1);
  });

  it('without its entry, or with a promise of other bytes, a signature counts for nothing', async () => {
    await expectPass(ours('sign', 'file.txt', ...services, ...token(), '--bundle', 'whole.json'));
    const whole = JSON.parse(await readFile(path.join(folder, 'whole.json'), 'utf8'));
    const [entry] = whole.verificationMaterial.tlogEntries;
    const bent = Buffer.from(entry.inclusionPromise.signedEntryTimestamp, 'base64');
    bent[bent.length - 1]! ^= 1;
    for (const [name, tlogEntries] of [
      ['none.json', []],
      ['promise.json', [{ ...entry, inclusionPromise: { signedEntryTimestamp: bent.toString('base64') } }]],
      ['time.json', [{ ...entry, integratedTime: String(Number(entry.integratedTime) - 60) }]],
    ] as const) {
      const verificationMaterial = { ...whole.verificationMaterial, tlogEntries };
      await writeFile(path.join(folder, name), JSON.stringify({ ...whole, verificationMaterial }));
      const ended = await ours('verify', 'file.txt', '--bundle', name, ...identity());
      expect(ended, `${name}: ${ended.stdout}`).toMatchObject({ code: 1 });
    }
  });
});
