/** cosign 3.1.3 and pratique on one registry without a referrers API: each accepts what the other signed, and nothing else. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { attachCosignSignature } from '../../adapters/sigstore/attach-cosign-signature.ts';
import { ensureKeys, openKeyRing } from '../../adapters/sigstore/local-key-ring.ts';
import type { ScanResult } from '../../domain/advisory/finding.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { createProvenance } from '../../domain/trust/provenance-statement.ts';
import { createSbomStatement } from '../../domain/trust/sbom-statement.ts';
import { createCosignScanStatement } from '../../domain/trust/scan-statement.ts';
import type { Statement } from '../../domain/trust/statement.ts';
import { createVerdictStatement } from '../../domain/trust/verdict-statement.ts';
import { startBareRegistry } from './bare-registry.ts';
import { type Cell, itIsAccepted as recordCell } from './matrix.ts';
import { pushImage } from './push-image.ts';
import { startReferrersRegistry } from './referrers-registry.ts';
import { type Ended, pratique, runProgram } from './run-program.ts';

const cosignProgram = process.env.PRATIQUE_COSIGN ?? '';
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes'];
const at = '2026-01-02T03:04:05Z';

const registries = [
  { where: 'registry without it', start: startBareRegistry, runs: true },
  { where: 'registry with the referrers API', start: startReferrersRegistry, runs: process.env.PRATIQUE_CRANE !== '' },
] as const;

describe.skipIf(cosignProgram === '').each(registries.filter(({ runs }) => runs))(
  'cosign, $where',
  ({ where, start }) => {
    /** A cell of the matrix: signed with a key, in a bundle, unless said otherwise. */
    const itIsAccepted = (cell: Pick<Cell, 'made' | 'command' | 'what'> & Partial<Cell>, run: () => Promise<void>) =>
      recordCell({ peer: 'cosign 3.1.3', mode: 'key', format: 'bundle', where, ...cell }, run);
    let folder: string;
    let host: string;
    let stop = async () => {};
    let images = 0;
    const cosign = (...args: string[]): Promise<Ended> => runProgram(cosignProgram, args, folder);
    const ours = (...args: string[]): Promise<Ended> => pratique(args, folder);
    const cosignVerify = (key: string, image: string) =>
      cosign('verify', '--key', key, '--insecure-ignore-tlog=true', image);

    /** A fresh image nobody has signed, by digest. */
    async function newImage(): Promise<{ image: string; digest: Digest }> {
      images += 1;
      const digest = parseDigest(await pushImage(host, 'shop', `image ${images}`));
      return { image: `${host}/shop@${digest}`, digest };
    }

    async function expectPass(run: Promise<Ended>): Promise<Ended> {
      const ended = await run;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return ended;
    }

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'pratique-interop-'));
      ({ host, stop } = await start(folder));
      await ensureKeys(path.join(folder, 'keys'), 'interop', ['prod']);
      await expectPass(cosign('generate-key-pair'));
      await writeFile(path.join(folder, 'file.txt'), 'a file\n');
      await writeFile(path.join(folder, 'bom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}');
    });
    afterAll(async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('opens our encrypted keys, and we open its', async () => {
      const shown = await expectPass(cosign('public-key', '--key', 'keys/evidence.key'));
      expect(shown.stdout).toBe(await readFile(path.join(folder, 'keys/evidence.pub'), 'utf8'));
      await expectPass(ours('sign', 'file.txt', '--key', 'cosign.key', '--bundle', 'opened.json'));
      await expectPass(ours('verify', 'file.txt', '--key', 'cosign.pub', '--bundle', 'opened.json'));
    });

    itIsAccepted({ made: 'ours', command: 'verify', what: 'signature of an image, with that key alone' }, async () => {
      const { image } = await newImage();
      await expectPass(ours('sign', image, '--key', 'keys/admission-prod.key'));
      await expectPass(cosignVerify('keys/admission-prod.pub', image));
      expect((await cosignVerify('keys/evidence.pub', image)).code).not.toBe(0);
    });

    itIsAccepted({ made: 'theirs', command: 'sign', what: 'signature of an image, with that key alone' }, async () => {
      const { image } = await newImage();
      await expectPass(cosign('sign', '--key', 'cosign.key', ...offline, image));
      await expectPass(ours('verify', image, '--key', 'cosign.pub'));
      expect((await ours('verify', image, '--key', 'keys/evidence.pub')).code).toBe(1);
    });

    itIsAccepted({ made: 'ours', command: 'verify', what: 'signature beside one of cosign' }, async () => {
      const { image } = await newImage();
      await expectPass(cosign('sign', '--key', 'cosign.key', ...offline, image));
      await expectPass(ours('sign', image, '--key', 'keys/admission-prod.key'));
      await expectPass(cosignVerify('cosign.pub', image));
      await expectPass(cosignVerify('keys/admission-prod.pub', image));
      await expectPass(ours('verify', image, '--key', 'cosign.pub'));
    });

    itIsAccepted({ made: 'ours', command: 'verify', what: 'signature beside its ML-DSA-65 twin' }, async () => {
      const { image } = await newImage();
      const pair = generateKeyPairSync('ml-dsa-65');
      await writeFile(path.join(folder, 'pq.key'), pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      await writeFile(path.join(folder, 'pq.pub'), pair.publicKey.export({ format: 'pem', type: 'spki' }));
      const dual = ['--key', 'keys/admission-prod.key', '--post-quantum-key', 'pq.key'];
      await expectPass(ours('sign', image, ...dual));
      await expectPass(ours('attest', image, ...dual, '--type', 'cyclonedx', '--predicate', 'bom.json'));
      await expectPass(cosignVerify('keys/admission-prod.pub', image));
      const attested = [
        '--key',
        'keys/admission-prod.pub',
        '--insecure-ignore-tlog=true',
        '--type',
        'cyclonedx',
        image,
      ];
      await expectPass(cosign('verify-attestation', ...attested));
      const both = ['--key', 'keys/admission-prod.pub', '--key', 'pq.pub', '--signatures', 'all'];
      await expectPass(ours('verify', image, ...both));
      await expectPass(ours('verify', image, ...both, '--type', 'cyclonedx'));
      expect((await cosignVerify('keys/evidence.pub', image)).code).not.toBe(0);
    });

    itIsAccepted({ made: 'ours', command: 'verify-blob', what: 'signature of a file', where: 'file' }, async () => {
      await expectPass(ours('sign', 'file.txt', '--key', 'keys/evidence.key', '--bundle', 'ours.json'));
      await expectPass(
        cosign(
          'verify-blob',
          '--key',
          'keys/evidence.pub',
          '--insecure-ignore-tlog=true',
          '--bundle',
          'ours.json',
          'file.txt',
        ),
      );
    });

    itIsAccepted(
      { made: 'ours', command: 'verify-blob-attestation', what: 'CycloneDX about a file', where: 'file' },
      async () => {
        await expectPass(
          ours(
            'attest',
            'file.txt',
            '--key',
            'keys/evidence.key',
            '--type',
            'cyclonedx',
            '--predicate',
            'bom.json',
            '--bundle',
            'att-ours.json',
          ),
        );
        await expectPass(
          cosign(
            'verify-blob-attestation',
            '--key',
            'keys/evidence.pub',
            '--insecure-ignore-tlog=true',
            '--type',
            'cyclonedx',
            '--bundle',
            'att-ours.json',
            'file.txt',
          ),
        );
      },
    );

    itIsAccepted({ made: 'theirs', command: 'sign-blob', what: 'signature of a file', where: 'file' }, async () => {
      await expectPass(cosign('sign-blob', '--key', 'cosign.key', ...offline, '--bundle', 'theirs.json', 'file.txt'));
      await expectPass(ours('verify', 'file.txt', '--key', 'cosign.pub', '--bundle', 'theirs.json'));
    });

    itIsAccepted(
      { made: 'theirs', command: 'attest-blob', what: 'CycloneDX about a file', where: 'file' },
      async () => {
        await expectPass(
          cosign(
            'attest-blob',
            '--key',
            'cosign.key',
            ...offline,
            '--predicate',
            'bom.json',
            '--type',
            'cyclonedx',
            '--bundle',
            'att.json',
            'file.txt',
          ),
        );
        await expectPass(
          ours('verify', 'file.txt', '--key', 'cosign.pub', '--bundle', 'att.json', '--type', 'cyclonedx'),
        );
        expect((await ours('verify', 'file.txt', '--key', 'cosign.pub', '--bundle', 'att.json')).code).toBe(1);
      },
    );

    itIsAccepted({ made: 'theirs', command: 'attest', what: 'CycloneDX about an image' }, async () => {
      const { image } = await newImage();
      await expectPass(
        cosign('attest', '--key', 'cosign.key', ...offline, '--predicate', 'bom.json', '--type', 'cyclonedx', image),
      );
      await expectPass(ours('verify', image, '--key', 'cosign.pub', '--type', 'cyclonedx'));
    });

    describe('verifies our statements by its own type names', () => {
      const scan: ScanResult = {
        findings: [],
        undecided: [],
        database: { records: 1, digest: 'sha256:db', newest: at },
      };
      const run = {
        scanner: { uri: 'https://pratique.dev', version: '0.1.0' },
        database: 'https://osv.dev',
        startedOn: at,
        finishedOn: at,
      };
      const sbom = (format: 'cyclonedx' | 'spdx', content: object) => (subject: Digest) =>
        createSbomStatement(
          subject,
          { format, content, stored: { digest: subject, size: 1, mediaType: 'application/json' }, location: 'oci://x' },
          'https://p.example',
        );
      const build = {
        builderId: 'https://b.example',
        builderHost: 'h',
        invocationId: '1',
        source: {
          repository: 'https://g.example/o/n',
          commit: 'c'.repeat(40),
          signedBy: 'a',
          committerEmail: 'a',
          committedAt: 1,
        },
        toolchain: { node: '24' },
        startedOn: at,
        finishedOn: at,
      };

      const statements: [string, (subject: Digest) => Statement][] = [
        ['cyclonedx', sbom('cyclonedx', { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })],
        ['spdxjson', sbom('spdx', { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', name: 'n' })],
        ['slsaprovenance1', (subject) => createProvenance(subject, build)],
        ['vuln', (subject) => createCosignScanStatement(subject, scan, run)],
      ];
      for (const [type, create] of statements)
        itIsAccepted({ made: 'ours', command: 'verify-attestation', what: `${type} about an image` }, async () => {
          const { image, digest } = await newImage();
          await attest(image, create(digest));
          await expectPass(
            cosign(
              'verify-attestation',
              '--key',
              'keys/evidence.pub',
              '--insecure-ignore-tlog=true',
              '--type',
              type,
              image,
            ),
          );
        });
    });

    const legacy = { format: 'legacy tag' } as const;
    itIsAccepted(
      { ...legacy, made: 'theirs', command: 'sign --new-bundle-format=false', what: 'signature of an image' },
      async () => {
        const { image } = await newImage();
        await expectPass(cosign('sign', '--key', 'cosign.key', ...offline, '--new-bundle-format=false', image));
        await expectPass(ours('verify', image, '--key', 'cosign.pub'));
        expect((await ours('verify', image, '--key', 'keys/evidence.pub')).code).toBe(1);
      },
    );

    itIsAccepted(
      { ...legacy, made: 'theirs', command: 'attest --new-bundle-format=false', what: 'CycloneDX about an image' },
      async () => {
        const { image } = await newImage();
        const about = ['--predicate', 'bom.json', '--type', 'cyclonedx'];
        await expectPass(
          cosign('attest', '--key', 'cosign.key', ...offline, '--new-bundle-format=false', ...about, image),
        );
        await expectPass(ours('verify', image, '--key', 'cosign.pub', '--type', 'cyclonedx'));
        expect((await ours('verify', image, '--key', 'cosign.pub')).code).toBe(1);
      },
    );

    itIsAccepted(
      { ...legacy, made: 'ours', command: 'verify --new-bundle-format=false', what: 'signature beside one of cosign' },
      async () => {
        const { image, digest } = await newImage();
        await expectPass(cosign('sign', '--key', 'cosign.key', ...offline, '--new-bundle-format=false', image));
        const signer = await openKeyRing(path.join(folder, 'keys'), 'interop').admission('prod');
        const registry = createOciRegistry({
          host,
          egress: createEgress({ configuredHosts: [host], allowPublicHosts: false }),
          lease: createInProcessLease(),
        });
        await attachCosignSignature(
          registry,
          { repository: 'shop', subject: digest, reference: `${host}/shop` },
          signer,
        );
        const check = (key: string) =>
          cosign('verify', '--key', key, '--insecure-ignore-tlog=true', '--new-bundle-format=false', image);
        await expectPass(check('keys/admission-prod.pub'));
        await expectPass(check('cosign.pub'));
        expect((await check('keys/evidence.pub')).code).not.toBe(0);
      },
    );

    // With one key for both, `cosign verify` would take any statement of that key for a signature.
    it('denies an image that has nothing but a FAILED verdict by the evidence key', async () => {
      const { image, digest } = await newImage();
      const verdict = createVerdictStatement(
        {
          key: { repository: 'shop', digest },
          environment: 'prod',
          outcome: 'fail',
          mode: 'enforce',
          admitted: false,
          gates: [],
          policy: { digest, version: 1 },
          decisionDigest: digest,
          evaluatedAt: at,
        },
        {
          verifier: 'https://p.example',
          version: '0.1.0',
          environmentRepository: `${host}/prod/shop`,
          policyUri: 'https://p.example/policy',
          verifiedLevels: [],
          inputAttestations: [],
        },
      );
      await attest(image, verdict);
      expect((await cosignVerify('keys/admission-prod.pub', image)).code).not.toBe(0);
      // The reason for two kinds of keys. Should cosign ever refuse here too, this says so.
      expect((await cosignVerify('keys/evidence.pub', image)).code).toBe(0);
      // We are stricter: a verdict is no signature, whoever signed it.
      expect((await ours('verify', image, '--key', 'keys/evidence.pub')).code).toBe(1);
    });

    /** Signs with the evidence key and attaches, through the CLI. */
    async function attest(image: string, statement: Statement): Promise<void> {
      await writeFile(path.join(folder, 'predicate.json'), JSON.stringify(statement.predicate));
      await expectPass(
        ours(
          'attest',
          image,
          '--key',
          'keys/evidence.key',
          '--type',
          statement.predicateType,
          '--predicate',
          'predicate.json',
        ),
      );
    }
  },
);
