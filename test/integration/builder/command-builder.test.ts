import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type CommandBuilderOptions,
  createCommandBuilder,
  defaultBuildUser,
} from '../../../adapters/builder/command-builder.ts';
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
