import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type CommandBuilderOptions,
  createCommandBuilder,
  defaultBuildUser,
} from '../../../adapters/builder/command-builder.ts';
import { createSandbox } from '../../../adapters/builder/sandbox.ts';
import { createSignedRepository, type SignedRepository, toolPath } from './signed-repository.ts';

let repository: SignedRepository;
let workFolder: string;
const recipeTool = await readFile(new URL('../../../infra/recipes/oci-image.mjs', import.meta.url), 'utf8');
const recipe = `
build:
  - [node, tools/oci-image.mjs, --output, out, --layer, "app:/app", --entrypoint, /app/main.js]
output: out
toolchain:
  node: [node, --version]
timeout: PT1M
`;

beforeAll(async () => {
  repository = await createSignedRepository();
  workFolder = await mkdtemp(path.join(tmpdir(), 'pratique-builds-'));
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(workFolder, { recursive: true, force: true });
});

function builder(more: Partial<CommandBuilderOptions> = {}) {
  return createCommandBuilder({
    workFolder,
    path: toolPath,
    trust: { allowedSigners: repository.allowedSigners },
    localRepositories: [repository.folder],
    fetchEnvironment: {},
    hidden: [],
    user: defaultBuildUser,
    maximumSeconds: 120,
    ...more,
  });
}

function build(commit: string, more: Partial<CommandBuilderOptions> = {}, lines: string[] = []) {
  return builder(more).build(
    { repository: repository.folder, commit },
    { signal: new AbortController().signal, progress: (line) => lines.push(line) },
  );
}

/** Builds a commit with this recipe. */
async function buildRecipe(text: string, more: Partial<CommandBuilderOptions> = {}, lines: string[] = []) {
  return build(await repository.commit({ 'pratique.build.yaml': text }), more, lines);
}

test('builds a signed commit, twice, to the same digest', async () => {
  const commit = await repository.commit({
    'pratique.build.yaml': recipe,
    'tools/oci-image.mjs': recipeTool,
    'app/main.js': 'console.log("shop");\n',
  });
  const other = await mkdtemp(path.join(tmpdir(), 'pratique-other-place-'));
  const first = await build(commit);
  const second = await build(commit, { workFolder: other });
  expect(second.digest).toBe(first.digest);
  expect(second.workspace).not.toBe(first.workspace);
  expect(first.source).toMatchObject({
    commit,
    signedBy: 'dev@example.com',
    signatureKind: 'ssh',
    authorEmail: 'anybody@example.com',
    committedAt: Date.parse('2024-05-01T12:00:00Z') / 1000,
  });
  expect(first.toolchain.node).toMatch(/^v\d+\./);
  expect(await readdir(first.layout)).toEqual(['blobs', 'index.json', 'oci-layout']);
  await rm(other, { recursive: true });
});

test('the recipe sees a clean environment, its own folders and its exit is reported', async () => {
  const lines: string[] = [];
  const shown = buildRecipe('build: [[sh, -c, "env | sort; umask; id -u; exit 7"]]\noutput: out\n', {}, lines);
  await expect(shown).rejects.toMatchObject({ code: 'RECIPE_FAILED', message: expect.stringMatching(/ended with 7/) });
  const names = lines.filter((line) => /^\w+=/.test(line)).map((line) => line.split('=')[0]);
  expect(names.filter((name) => name !== 'PWD' && name !== '_' && name !== 'SHLVL')).toEqual([
    'HOME',
    'LANG',
    'PATH',
    'SOURCE_DATE_EPOCH',
    'TMPDIR',
    'TZ',
  ]);
  expect(lines).toContain('0022');
  expect(lines).toContain('SOURCE_DATE_EPOCH=1714564800');
});

const shell = (script: string, phase = 'build') =>
  `${phase === 'fetch' ? `fetch: [[sh, -c, ${JSON.stringify(script)}]]\nbuild: [["true"]]` : `build: [[sh, -c, ${JSON.stringify(script)}]]`}\noutput: out\n`;

/** What a recipe printed before it ended without an output. */
async function linesOf(text: string, more: Partial<CommandBuilderOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  await expect(buildRecipe(text, more, lines)).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  return lines;
}

const { isolation, hasWayOut } = await createSandbox(defaultBuildUser, []);

test.runIf(isolation.network)('the build has no network; the fetch has, or a way out of it', async () => {
  const count = 'grep -c : /proc/net/dev';
  expect(await linesOf(shell(count))).toContain('1');
  const seen = await linesOf(shell(count, 'fetch'));
  const own = (await readFile('/proc/net/dev', 'utf8')).split('\n').filter((line) => line.includes(':')).length;
  expect(seen).toContain(hasWayOut ? '1' : String(own));
});

test.runIf(isolation.user || isolation.network)(
  'the recipe has no privileges, another user where we are root, and is alone in its process tree',
  async () => {
    const lines = await linesOf(
      shell('id -u; grep -E "^(CapEff|CapPrm|NoNewPrivs)" /proc/self/status; ls -d /proc/[0-9]* | wc -l'),
    );
    expect(lines).toContain('CapEff:\t0000000000000000');
    expect(lines).toContain('NoNewPrivs:\t1');
    if (isolation.user) expect(lines).toContain(String(defaultBuildUser.uid));
    if (isolation.network) expect(Number(lines.at(-1))).toBeLessThan(10);
  },
);

const hidingPlaces = [tmpdir(), ...(existsSync('/dev/shm') ? ['/dev/shm'] : [])];
test.runIf(isolation.network).each(hidingPlaces)(
  'keys, other builds and the cache of the fetch are out of sight, in %s',
  async (temporary) => {
    const place = await mkdtemp(path.join(temporary, 'pratique-hidden-'));
    await chmod(place, 0o755);
    const key = path.join(place, 'builder.key');
    await writeFile(key, 'SECRET', { mode: 0o644 });
    const cacheFolder = path.join(place, 'cache');
    const script = `cat ${key}; ls -A ${cacheFolder}; ls ${workFolder}; echo "cache=$npm_config_cache"`;
    const filled = `fetch: [[sh, -c, "mkdir -p $npm_config_cache && touch $npm_config_cache/x"]]\n${shell(script)}`;
    const lines = await linesOf(filled, { hidden: [key], cacheFolder });
    expect(await readdir(path.join(cacheFolder, 'npm'))).toEqual(['x']);
    expect(lines.filter((line) => !line.startsWith('$ ')).join('\n')).not.toMatch(/SECRET|^npm$|^build-/m);
    expect(lines).toContain('cache=');
    await rm(place, { recursive: true });
  },
);

test('fetch gets the configured variables, with secrets struck out of the log; build gets none', async () => {
  const fetchEnvironment = { npm_config_registry: 'https://npm.example.com/', PIP_TOKEN: 'hunter2' };
  const ask = 'echo "$npm_config_registry|$PIP_TOKEN"';
  expect(await linesOf(shell(ask, 'fetch'), { fetchEnvironment })).toContain('https://npm.example.com/|***');
  expect(await linesOf(shell(ask), { fetchEnvironment })).toContain('|');
});

test('a recipe that hangs is ended with everything it started, and its workspace is gone', async () => {
  const mark = `4242.${process.pid}`;
  const started = performance.now();
  const hanging = `${shell(`sleep ${mark} & setsid sleep ${mark} & sleep ${mark}`)}timeout: PT2S\n`;
  await expect(buildRecipe(hanging)).rejects.toMatchObject({
    code: 'RECIPE_TIMEOUT',
    message: expect.stringMatching(/2 s/),
  });
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(await readdir(workFolder).then((found) => found.length)).toBe(await builtSoFar());
  if (isolation.network) await expect.poll(() => processesWith(mark)).toEqual([]);
});

test('an aborted build ends at once with the reason', async () => {
  const commit = await repository.commit({ 'pratique.build.yaml': shell('echo started; sleep 60') });
  const abort = new AbortController();
  const building = builder().build(
    { repository: repository.folder, commit },
    { signal: abort.signal, progress: (line) => line === 'started' && abort.abort(new Error('enough')) },
  );
  await expect(building).rejects.toThrow('enough');
});

test.each([
  [
    'no recipe',
    () => repository.git('rm', '--quiet', 'pratique.build.yaml').then(() => repository.commit({})),
    'RECIPE_MISSING',
  ],
  ['a broken recipe', () => repository.commit({ 'pratique.build.yaml': 'build: 1' }), 'RECIPE_INVALID'],
  [
    'a command that is not there',
    () => repository.commit({ 'pratique.build.yaml': 'build: [[no-such-tool]]\noutput: out\n' }),
    'RECIPE_FAILED',
  ],
  [
    'an output that leads out',
    () => repository.commit({ 'pratique.build.yaml': shell('ln -s /etc out') }),
    'OUTPUT_INVALID',
  ],
])('%s: the error says which', async (_, commit, code) => {
  await expect(build(await commit())).rejects.toMatchObject({ code });
});

/** Workspaces of successful builds stay until their caller removes them; failed ones may leave nothing. */
async function builtSoFar(): Promise<number> {
  const kept = await Promise.all(
    (await readdir(workFolder)).map((name) =>
      readdir(path.join(workFolder, name, 'work', 'source', 'out')).then(
        () => 1,
        () => 0,
      ),
    ),
  );
  return kept.reduce<number>((sum, one) => sum + one, 0);
}

async function processesWith(argument: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.startsWith('sleep') && line.includes(argument));
}
