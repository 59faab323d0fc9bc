/**
 * `npm run bench:verify`: how many bundles a core verifies in a second, ours, sigstore-js alone and sigstore-go, offline; and how
 * long `pratique verify` and `cosign verify` take for one image. `PRATIQUE_COSIGN` names a cosign 3; without one it is built once.
 * With `--json` one object.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import { parseTrustRoot } from '../../adapters/sigstore/trust-root.ts';
import { createStatement, type Statement } from '../../domain/trust/statement.ts';
import { testData } from '../fixtures/test-data.ts';
import { startBareRegistry } from '../interop/bare-registry.ts';
import { goProgram } from '../interop/go-program.ts';
import { pushImage } from '../interop/push-image.ts';

const SIGSTORE_GO = 'v1.2.2';
/** Milliseconds. */
const SLICE = 250;
const SLICES = 12;
const WARM_UP = 4;
const vectors = testData('vectors.tar.gz');
const bundles = testData('bundles.tar.gz');
if (vectors === undefined || bundles === undefined) {
  process.stderr.write('skipped: PRATIQUE_TEST_DATA has no vectors.tar.gz and bundles.tar.gz\n');
  process.exit(0);
}
const rootFile = `${bundles}/trusted_root.json`;
const bundleFile = `${vectors}/sigstore-js/tests/bundles/bundleV03-dsse.sigstore`;
const bundle = readFileSync(bundleFile);
const sha512 = (
  JSON.parse(
    Buffer.from(
      (JSON.parse(bundle.toString()) as { dsseEnvelope: { payload: string } }).dsseEnvelope.payload,
      'base64',
    ).toString(),
  ) as Statement
).subject[0]?.digest.sha512 as string;

/**
 * Verifications in a second of processor time, after a warm-up: of each in turn, a quarter of a second at a time, so that what else
 * the machine does is the same to all.
 */
async function rates<Name extends string>(verifiers: Record<Name, () => unknown>): Promise<Record<Name, number>> {
  const names = Object.keys(verifiers) as Name[];
  const total = Object.fromEntries(names.map((name) => [name, { count: 0, time: 0 }]));
  for (let slice = -WARM_UP; slice < SLICES; slice += 1)
    for (const name of names) {
      const [verify, sum] = [verifiers[name], total[name]];
      const before = process.cpuUsage();
      const end = performance.now() + SLICE;
      let count = 0;
      for (; performance.now() < end; count += 1) await verify();
      const { user, system } = process.cpuUsage(before);
      if (sum === undefined || slice < 0) continue;
      sum.count += count;
      sum.time += (user + system) / 1e6;
    }
  return Object.fromEntries(
    Object.entries(total).map(([name, sum]) => [name, Math.round(sum.count / sum.time)]),
  ) as Record<Name, number>;
}

/** As whoever uses the library alone: parse, verify, read the statement and look for the subject. */
function plain(verifier: Verifier, bytes: Uint8Array, algorithm: string, hex: string): void {
  const parsed = bundleFromJSON(JSON.parse(Buffer.from(bytes).toString()) as SerializedBundle);
  verifier.verify(toSignedEntity(parsed));
  if (parsed.content.$case !== 'dsseEnvelope') throw new Error('no statement');
  const statement = JSON.parse(parsed.content.dsseEnvelope.payload.toString()) as Statement;
  if (!statement.subject.some(({ digest }) => digest[algorithm] === hex)) throw new Error('another subject');
}

/** Undefined where there is no Go. */
function buildGo(): string | undefined {
  const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
  const folder = path.join(cache, 'bench', `sigstore-go-${SIGSTORE_GO}`);
  const program = path.join(folder, 'verify');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(import.meta.dirname, 'sigstore-go/main.go'), path.join(folder, 'main.go'));
  process.stderr.write(`building a program on sigstore-go ${SIGSTORE_GO} with Go, once\n`);
  const go = (...args: string[]) => execFileSync('go', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    if (!existsSync(path.join(folder, 'go.mod'))) go('mod', 'init', 'bench');
    go('get', `github.com/sigstore/sigstore-go@${SIGSTORE_GO}`);
    go('mod', 'tidy');
    go('build', '-o', 'verify', '.');
    return program;
  } catch (error) {
    process.stderr.write(`sigstore-go is left out: ${String((error as { stderr?: Buffer }).stderr ?? error)}\n`);
    return undefined;
  }
}

/** The shortest of several runs, in milliseconds: what it takes when nothing else is in the way. */
function shortest(program: string, args: readonly string[], cwd: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 12; run += 1) {
    const started = performance.now();
    const { status, stderr } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString()}`);
    best = Math.min(best, performance.now() - started);
  }
  return Math.round(best);
}

const folder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-'));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
const hex = 'a'.repeat(64);
const signer = createLocalSigner(privateKey, 'bench');
const keyed = await createBundleSigner().sign(
  createStatement(`sha256:${hex}` as never, 'https://example.com/t', {}),
  signer,
);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};

async function libraries() {
  const ours = createBundleVerifier(parseTrustRoot(readFileSync(rootFile), rootFile));
  const byKey = createBundleVerifier();
  const trusted = { keys: [pem] };
  const expectVerified = ({ outcome }: { outcome: string }) => {
    if (outcome !== 'verified') throw new Error('not verified');
  };
  const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(readFileSync(rootFile, 'utf8'))));
  const js = new Verifier(material);
  const nothing = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  const jsKey = new Verifier(
    { ...nothing, publicKey: () => ({ publicKey, validFor: () => true }) },
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  const go = buildGo();
  const goRate = (...args: string[]) =>
    go === undefined ? undefined : Number(execFileSync(go, args, { encoding: 'utf8' }));
  return {
    keyless: {
      ...(await rates({
        ours: async () => expectVerified(await ours.verifyDigests(bundle, { sha512 }, { keys: [] })),
        'sigstore-js': () => plain(js, bundle, 'sha512', sha512),
      })),
      'sigstore-go': goRate(rootFile, bundleFile, 'sha512', sha512, ''),
    },
    key: {
      ...(await rates({
        ours: async () => expectVerified(await byKey.verifyDigests(keyed, { sha256: hex }, trusted)),
        'sigstore-js': () => plain(jsKey, keyed, 'sha256', hex),
      })),
      'sigstore-go': goRate(rootFile, write('keyed.json', keyed), 'sha256', hex, write('key.pub', pem)),
    },
  };
}

async function processes() {
  const cosign =
    process.env.PRATIQUE_COSIGN ?? goProgram('cosign', 'v3.1.3', 'github.com/sigstore/cosign/v3/cmd/cosign');
  if (cosign === undefined) return undefined;
  const { host, stop } = await startBareRegistry(folder);
  try {
    const image = `${host}/shop@${await pushImage(host, 'shop', 'bench')}`;
    const main = path.resolve(import.meta.dirname, '../../services/cli/start.cjs');
    write('key.pub', pem);
    write('a.key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    execFileSync(process.execPath, [main, 'sign', image, '--key', 'a.key'], { cwd: folder, stdio: 'ignore' });
    return {
      ours: shortest(process.execPath, [main, 'verify', image, '--key', 'key.pub'], folder),
      cosign: shortest(cosign, ['verify', '--key', 'key.pub', '--insecure-ignore-tlog=true', image], folder),
      node: shortest(process.execPath, ['-e', '0'], folder),
    };
  } finally {
    await stop();
  }
}

try {
  const result = {
    'verifications a second of processor time': await libraries(),
    'milliseconds, one image': await processes(),
  };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
