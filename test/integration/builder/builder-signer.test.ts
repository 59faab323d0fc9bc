/** The process that holds a builder's key: it signs what it reads itself, for nobody but its own user. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectBuildSigner, isListening } from '../../../adapters/builder/signing-socket.ts';
import { createBundleVerifier } from '../../../adapters/sigstore/bundle-verifier.ts';
import { ensureKey } from '../../../adapters/sigstore/local-key-ring.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { SigningRequest } from '../../../domain/building/build-signer.ts';
import { runOciImage } from '../../unit/adapters/builder/run-oci-image.ts';
import { createRecipeStage, type RecipeStage } from './recipe-stage.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
let builds: string;
let socket: string;
let service: ChildProcess;
let publicKeyPem: string;
let stage: RecipeStage;
let request: SigningRequest;

beforeAll(async () => {
  stage = await createRecipeStage();
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-signing-'));
  await chmod(folder, 0o755);
  builds = stage.workFolder;
  socket = path.join(folder, 'signer', 'socket');
  const [keys, passphrase] = [path.join(folder, 'keys'), path.join(folder, 'passphrase')];
  await writeFile(passphrase, 'correct horse\n', { mode: 0o600 });
  ({ publicKeyPem } = await ensureKey(keys, 'builder', 'correct horse'));
  service = spawn(process.execPath, [path.join(ROOT, 'services/builder-signer/main.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...{ PRATIQUE_BUILDER_ID: 'https://builders.test/one', PRATIQUE_BUILDER_HOST: 'host-1' },
      ...{ PRATIQUE_BUILDER_KEYS_DIR: keys, PRATIQUE_KEY_PASSPHRASE_FILE: passphrase },
      ...{ PRATIQUE_BUILD_FOLDER: builds, PRATIQUE_SIGNER_SOCKET: socket },
    },
  });
  while (!(await isListening(socket))) {
    if (service.exitCode !== null) throw new Error(`the signer ended with ${service.exitCode}`);
    await delay(50);
  }
  request = await finish('good');
});
afterAll(async () => {
  service.kill('SIGTERM');
  await once(service, 'exit');
  await rm(folder, { recursive: true, force: true });
  await stage[Symbol.asyncDispose]();
});

/** What a builder would ask to have signed. */
async function finish(name: string, place = builds): Promise<SigningRequest> {
  const workspace = path.join(place, name);
  await mkdir(path.join(workspace, 'app'), { recursive: true });
  await writeFile(path.join(workspace, 'app/main.js'), name);
  const digest = await runOciImage(workspace, ['--output', 'out', '--layer', 'app:/app']);
  return {
    layout: path.join(workspace, 'out'),
    digest,
    invocationId: 'urn:test:1',
    source: {
      ...{ repository: 'https://git.test/shop', commit: 'c'.repeat(40), signedBy: 'casey', signatureKind: 'ssh' },
      ...{ authorEmail: 'a@b.test', committerEmail: 'c@b.test', committedAt: 1_700_000_000 },
    },
    toolchain: { node: 'v24' },
    startedOn: '2026-01-01T00:00:00.000Z',
    finishedOn: '2026-01-01T00:01:00.000Z',
    isolation: { user: true, network: true, namespaces: true },
    hermetic: true,
  };
}

async function provenanceOf(asked: SigningRequest) {
  const { signature, provenance } = await connectBuildSigner(socket).sign(asked);
  const verify = (bundle: Uint8Array) => createBundleVerifier().verify(bundle, asked.digest, { keys: [publicKeyPem] });
  expect(await verify(signature)).toMatchObject({ outcome: 'verified' });
  const verified = await verify(provenance);
  if (verified.outcome !== 'verified') throw new Error(verified.reason);
  // biome-ignore lint/suspicious/noExplicitAny: a predicate of any shape
  return verified.statement.predicate as any;
}

test('signs what it read, as the builder it is configured to be', async () => {
  const predicate = await provenanceOf(request);
  expect(predicate.runDetails.builder.id).toBe('https://builders.test/one');
  expect(predicate.runDetails.byproducts).toEqual([{ name: 'builder-host', annotations: { host: 'host-1' } }]);
});

describe('what provenance says of isolation', () => {
  test.each<[string, Partial<SigningRequest>, 1 | 2, boolean]>([
    ['shown, without a network at any time', {}, 2, true],
    ['shown, with a fetch before', { hermetic: false }, 2, false],
    ['another user only', { isolation: { user: true, network: false, namespaces: false }, hermetic: false }, 1, false],
    [
      'namespaces with a network',
      { isolation: { user: true, network: false, namespaces: true }, hermetic: false },
      1,
      false,
    ],
  ])('%s', async (_, more, level, hermetic) => {
    const { internalParameters } = (await provenanceOf({ ...request, ...more })).buildDefinition;
    expect(internalParameters).toMatchObject({ slsaBuildLevel: level, hermetic });
  });

  test('none known: level 1, not hermetic', async () => {
    const { isolation: _, hermetic: __, ...unknown } = request;
    const { internalParameters } = (await provenanceOf(unknown)).buildDefinition;
    expect(internalParameters).toMatchObject({ slsaBuildLevel: 1, hermetic: false });
  });
});

describe('refuses', () => {
  test.each<[string, () => Promise<SigningRequest>, RegExp]>([
    [
      'a digest that is not what lies there',
      async () => ({ ...request, digest: `sha256:${'a'.repeat(64)}` as Digest }),
      /the layout holds sha256:/,
    ],
    [
      'a layout that was changed after the builder read it',
      async () => {
        const asked = await finish('changed');
        await cp(request.layout, asked.layout, { recursive: true });
        return asked;
      },
      /the layout holds sha256:/,
    ],
    [
      'a blob that was changed',
      async () => {
        const asked = await finish('blob');
        await writeFile(path.join(asked.layout, 'blobs/sha256', asked.digest.slice(7)), '{}');
        return asked;
      },
      /holds other bytes|not/,
    ],
    ['a layout outside of the build folder', () => finish('elsewhere', folder), /out of the workspace/],
    [
      'a link that leads out of it',
      async () => {
        const asked = await finish('linked', folder);
        const layout = path.join(builds, 'link');
        await symlink(asked.layout, layout);
        return { ...asked, layout };
      },
      /out of the workspace/,
    ],
    ['a folder that is not there', async () => ({ ...request, layout: path.join(builds, 'none') }), /no such folder/],
    [
      'a commit that is none',
      async () => ({ ...request, source: { ...request.source, commit: 'main' } }),
      /"source\.commit"/,
    ],
    ['a level it is told', async () => ({ ...request, source: { ...request.source, slsaBuildLevel: 3 } }), /"source"/],
  ])('%s', async (_, ask, reason) => {
    const asked = await ask();
    await expect(connectBuildSigner(socket).sign(asked)).rejects.toMatchObject({
      code: 'SIGNER_REFUSED',
      message: expect.stringMatching(reason),
    });
  });

  test.each([
    ['what is no request', () => 'sign this'],
    ['to be another builder', () => JSON.stringify({ ...request, builderId: 'https://builders.test/other' })],
    ['a request without end', () => 'x'.repeat(2 * 1024 * 1024)],
  ])('%s', async (_, sent) => {
    const client = connect({ path: socket, allowHalfOpen: true });
    client.on('error', () => undefined);
    client.end(sent());
    const answer = await text(client).catch(() => '{"refused":"broke off"}');
    expect(Object.keys(JSON.parse(answer || '{"refused":"broke off"}'))).toEqual(['refused']);
    expect(await isListening(socket)).toBe(true);
  });
});

test('nobody but its own user gets to it', async () => {
  expect((await stat(path.dirname(socket))).mode & 0o777).toBe(0o700);
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
});

test.runIf(process.getuid?.() === 0)('another user is turned away by the system', async () => {
  const script = `const s = require('net').connect(${JSON.stringify(socket)}); s.on('connect', () => console.log('REACHED')); s.on('error', (e) => console.log(e.code))`;
  const asOther = ['--reuid=65432', '--regid=65432', '--clear-groups', process.execPath, '-e', script];
  const { stdout } = await promisify(execFile)('setpriv', asOther);
  expect(stdout.trim()).toBe('EACCES');
});

test('a recipe sees neither the process, nor its socket, nor the key', async () => {
  const script = `cat ${folder}/keys/builder.key ${folder}/passphrase; node -e 'require("net").connect("${socket}").on("error", (e) => console.log(e.code)).on("connect", () => console.log("REACHED"))'; cat /proc/${service.pid}/environ; kill -0 ${service.pid} && echo REACHED; true`;
  const { lines } = await stage.run({ script: `( ${script} ) 2>&1` });
  expect(lines.join('\n')).not.toMatch(/REACHED|correct horse|BEGIN|PRATIQUE_/);
  expect(lines.join('\n')).toMatch(/ENOENT|EACCES/);
});

test('a signer that is not there is said to be', async () => {
  await expect(connectBuildSigner(path.join(folder, 'nobody')).sign(request)).rejects.toMatchObject({
    code: 'SIGNER_UNREACHABLE',
    message: expect.stringMatching(/ENOENT.*is it running/),
  });
});
