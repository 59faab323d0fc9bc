/** A whole pipeline without a key, on a real Sigstore of one's own: cosign 3.1.3 verifies each identity, and an outage of the log is waited out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../domain/artifact/digest.ts';
import { eventually, openPratique, type Pratique, prepareHome, pushTagged, smallImage } from '../e2e/stack.ts';
import { createTestBuilder } from '../e2e/test-builder.ts';
import { buildSigstore, type LocalSigstore, startLocalSigstore } from './local-sigstore.ts';
import { itIsAccepted } from './matrix.ts';
import { type Ended, runProgram } from './run-program.ts';

const cosignProgram = process.env.PRATIQUE_COSIGN ?? '';
const programs = cosignProgram === '' ? undefined : buildSigstore();
const EVIDENCE = 'evidence@example.com';
const ADMISSION = 'admission-dev@example.com';

const POLICY = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake:
  repositories: ['shop/**']
environments:
  - name: dev
    repository: dev/{repository}
    gates:
      - gate: digest
      - gate: sbom
`;

describe.skipIf(programs === undefined)('a pipeline that signs without a key', () => {
  let folder: string;
  let sigstore: LocalSigstore;
  let pratique: Pratique;
  const cosign = (...args: string[]): Promise<Ended> => runProgram(cosignProgram, args, folder);
  const by = (email: string) => [
    ...['--insecure-ignore-sct', '--trusted-root', 'tr.json'],
    ...['--certificate-identity', email, '--certificate-oidc-issuer', sigstore.issuer],
  ];
  const at = (repository: string, digest: Digest) => `${pratique.record.connection.registry}/${repository}@${digest}`;
  const live = (digest: Digest) =>
    eventually(`${digest} to be live in dev`, async () => {
      const rows = await pratique.query<{ state: string }>('select state from promotion where digest = $1', [digest]);
      return rows[0]?.state === 'live' ? true : undefined;
    });
  const push = async (tag: string) =>
    pushTagged(pratique.registry, 'shop/web', await smallImage(`keyless ${tag} ${Date.now()}`), tag);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pratique-keyless-'));
    const file = (name: string) => path.join(folder, name);
    sigstore = await startLocalSigstore(programs!, folder);
    for (const args of [
      [...sigstore.trustedRootArguments, '--out', 'tr.json'],
      [...sigstore.signingConfigArguments, '--out', 'sc.json'],
    ])
      expect(await cosign(...args)).toMatchObject({ code: 0 });
    for (const email of [EVIDENCE, ADMISSION]) await writeFile(file(`${email}.token`), sigstore.token(email));
    const identity = (email: string) => ({
      ...{ subject: email, issuer: sigstore.issuer },
      token: { file: file(`${email}.token`) },
    });
    const identities = { evidence: identity(EVIDENCE), admission: { dev: identity(ADMISSION) } };
    await writeFile(file('identities.yaml'), JSON.stringify(identities));
    const env = {
      PRATIQUE_SIGNING_IDENTITIES: file('identities.yaml'),
      PRATIQUE_SIGNING_CONFIG: file('sc.json'),
      PRATIQUE_TRUSTED_ROOT: file('tr.json'),
    };
    const dir = await prepareHome('pratique-keyless-', POLICY);
    const serviceExtras = { nodeArguments: [], env };
    pratique = await openPratique(dir, createTestBuilder(), { registryUsers: false, serviceExtras });
  });
  afterAll(async () => {
    await pratique?.close();
    await sigstore?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  itIsAccepted(
    {
      ...{ peer: 'cosign 3.1.3', made: 'ours', command: 'verify', mode: 'keyless', format: 'bundle' },
      ...{ what: 'admission of a whole pipeline', where: 'registry without it' },
    },
    async () => {
      const digest = await push('1.0');
      await live(digest);
      const admitted = await cosign('verify', ...by(ADMISSION), at('dev/shop/web', digest));
      expect(admitted.code, admitted.stderr).toBe(0);
      // Where it was pushed there is evidence only, which admits nothing; nobody else signed anything.
      expect((await cosign('verify', ...by(ADMISSION), at('shop/web', digest))).code).not.toBe(0);
      expect((await cosign('verify', ...by('ops@example.com'), at('dev/shop/web', digest))).code).not.toBe(0);
      const documents = ['verify-attestation', '--type', 'cyclonedx'];
      const attested = await cosign(...documents, ...by(EVIDENCE), at('shop/web', digest));
      expect(attested.code, attested.stderr).toBe(0);
      const own = await pratique.query<{ identity: string }>(
        "select distinct identity from evidence where origin = 'own' and subject = $1",
        [digest],
      );
      expect(own.map(({ identity }) => identity).toSorted()).toEqual(
        [ADMISSION, EVIDENCE].map((email) => `cert:${sigstore.issuer}|${email}`),
      );
    },
  );

  it('waits, visibly, while the log is away, calls nothing signed, and goes on by itself', async () => {
    await sigstore.stopLog();
    const digest = await push('2.0');
    const phase = await eventually('the phase awaiting-signing', async () => {
      const rows = await pratique.query<{ phase: string; reason: string }>(
        'select phase, reason from artifact where digest = $1',
        [digest],
      );
      return rows[0]?.phase === 'awaiting-signing' ? rows[0] : undefined;
    });
    expect(phase.reason).toContain('nothing was signed');
    expect((await cosign('verify', ...by(ADMISSION), at('dev/shop/web', digest))).code).not.toBe(0);
    const told = "select 1 from outbox where type = 'artifact.awaiting-signing' and subject = $1";
    expect(await pratique.query(told, [`shop/web@${digest}`])).toHaveLength(1);
    await sigstore.startLog();
    await live(digest);
    const admitted = await cosign('verify', ...by(ADMISSION), at('dev/shop/web', digest));
    expect(admitted.code, admitted.stderr).toBe(0);
  });
});
