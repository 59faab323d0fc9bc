/** verify --github-repo: real attestations, served as GitHub's API serves them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startHttpServer } from '../../../fakes/http-server.ts';
import { literalSnappy } from '../../../fakes/literal-snappy.ts';
import { testData } from '../../../fixtures/test-data.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const vectors = testData('vectors.tar.gz');
const data = path.join(vectors ?? '', 'gh-cli-attestation/pkg/cmd/attestation/test/data');
let cwd: string;
const stops: (() => Promise<void>)[] = [];
// Not where all of it is skipped: then nothing would take it away.
beforeAll(() => {
  cwd = temporaryFolder('pratique-github-');
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const tarball = path.join(data, 'sigstore-js-2.1.0.tgz');
const verify = (api: string, repository = 'sigstore/sigstore-js', ...more: string[]) =>
  runCommand(
    [
      ...['verify', tarball, '--github-repo', repository, '--github-api', api, '--type', 'slsaprovenance'],
      ...['--trusted-root', path.join(vectors ?? '', 'sigstore-root-signing/targets/trusted_root.json')],
      ...['--certificate-identity-regexp', '^https://github\\.com/sigstore/sigstore-js/\\.github/workflows/.*$'],
      ...['--certificate-oidc-issuer', 'https://token.actions.githubusercontent.com', '-o', 'json', ...more],
    ],
    { cwd, env: { GITHUB_TOKEN: 'secret-token' } },
  );

async function serve(bundle: Buffer, isInline: boolean): Promise<string> {
  const server = await startHttpServer(({ path: asked }) => {
    if (asked === '/bundle') return { status: 200, body: literalSnappy(bundle) };
    const one = isInline
      ? { bundle: JSON.parse(bundle.toString()) as object }
      : { bundle_url: `http://${server.host}/bundle` };
    return asked.startsWith('/repos/sigstore/sigstore-js/attestations/sha256:')
      ? { status: 200, body: { attestations: [one] } }
      : { status: 404, body: {} };
  });
  stops.push(server.stop);
  return `http://${server.host}`;
}

const bundle = () => readFileSync(path.join(data, 'sigstore-js-2.1.0-bundle.json'));

it.skipIf(vectors === undefined).each([
  ['inside of the answer', true],
  ['beside it', false],
])('a real provenance, %s, verifies', async (_name, isInline) => {
  const ran = await verify(await serve(bundle(), isInline));
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    verified: true,
    evidence: [{ source: 'github:sigstore/sigstore-js#1', provenance: { builderId: expect.any(String) as string } }],
  });
});

it('nobody is asked with --offline', async () => {
  const ran = await verify('http://127.0.0.1:9', 'sigstore/sigstore-js', '--offline');
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('--github-repo asks GitHub') as unknown });
});

it.skipIf(vectors === undefined)('its tampered twin does not', async () => {
  const forged = readFileSync(path.join(data, 'sigstoreBundle-invalid-signature.json'));
  const ran = await verify(await serve(forged, true));
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({ verified: false, evidence: [{ outcome: 'rejected' }] });
});

it.skipIf(vectors === undefined)('none there: nothing verified; no answer: exit code 3; no such place: 2', async () => {
  const api = await serve(bundle(), true);
  expect(await verify(api, 'acme/shop')).toMatchObject({ code: 1 });
  expect(await verify(api, 'acme/shop/more')).toMatchObject({ code: 2 });
  await Promise.all(stops.splice(0).map((stop) => stop()));
  expect(await verify(api)).toMatchObject({ code: 3, stderr: expect.stringContaining('can not be reached') as string });
});
