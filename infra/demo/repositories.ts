/** Git repositories of the story, with signed commits: made anew for every run. */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Developer {
  /** The principal of the allowed signers, and the subject of the person's token. */
  readonly name: string;
  readonly keyFile: string;
  /** One line for an allowed-signers file. */
  readonly allowedSigner: string;
}

/** An SSH key, for signing commits and approvals. */
export async function createDeveloper(name: string, folder: string): Promise<Developer> {
  const keyFile = join(folder, `${name}.ssh`);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', keyFile]);
  const publicKey = (await readFile(`${keyFile}.pub`, 'utf8')).trim();
  return { name, keyFile, allowedSigner: `${name} namespaces="git" ${publicKey}` };
}

export interface SourceRepository {
  readonly path: string;
  readonly commit: string;
}

/** Commits the files, signed by the developer. Others may read it: recipes run as another user. */
export async function createRepository(
  path: string,
  developer: Developer,
  files: Readonly<Record<string, string>>,
): Promise<SourceRepository> {
  await mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  await mkdir(join(path, 'tools'), { recursive: true });
  await copyFile(join(ROOT, 'infra/recipes/oci-image.mjs'), join(path, 'tools/oci-image.mjs'));
  const env = {
    PATH: process.env.PATH,
    HOME: path,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: developer.name,
    GIT_AUTHOR_EMAIL: `${developer.name}@example.com`,
    GIT_COMMITTER_NAME: developer.name,
    GIT_COMMITTER_EMAIL: `${developer.name}@example.com`,
    // The same story makes the same commits but for their keys: what is built from them has the same digest.
    GIT_AUTHOR_DATE: '2026-01-05T10:00:00Z',
    GIT_COMMITTER_DATE: '2026-01-05T10:00:00Z',
  };
  const git = (...args: string[]) => run('git', ['-C', path, ...args], { env });
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git(
    '-c',
    'gpg.format=ssh',
    '-c',
    `user.signingKey=${developer.keyFile}`,
    'commit',
    '-q',
    '-S',
    '-m',
    'The first version',
  );
  await chmod(path, 0o755);
  return { path, commit: (await git('rev-parse', 'HEAD')).stdout.trim() };
}

const recipe = (fetch: string, layers: string): string => `${fetch}build:
  - [node, tools/oci-image.mjs, --output, out, ${layers}, --entrypoint, node, --entrypoint, /app/main.mjs, --workdir, /app, --label, org.opencontainers.image.vendor=example]
output: out
toolchain: { node: [node, --version] }
timeout: PT10M
`;
const INSTALL = 'fetch:\n  - [npm, ci, --omit=dev, --ignore-scripts, --no-audit, --no-fund]\n';

/** What Temporal's SDK brings for machines that the image is not for: a third of all bytes. */
const otherPlatforms = [
  'aarch64-apple-darwin',
  'aarch64-unknown-linux-gnu',
  'x86_64-apple-darwin',
  'x86_64-pc-windows-msvc',
].map((target) => `@temporalio/core-bridge/releases/${target}`);

/** The product's own production dependencies: hundreds of real packages, by the product's own lockfile. */
export async function shopFiles(): Promise<Record<string, string>> {
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Record<string, unknown>>;
  };
  const manifest = {
    name: 'shop',
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: own.dependencies,
    devDependencies: own.devDependencies,
  };
  lock.packages[''] = { ...manifest };
  return {
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    'package-lock.json': `${JSON.stringify({ ...lock, name: 'shop', version: '1.0.0' }, undefined, 2)}\n`,
    'src/main.mjs': "console.log('the shop is open');\n",
    '.npmrc': 'engine-strict=false\n',
    'pratique.build.yaml': recipe(
      INSTALL,
      `--layer, "node_modules:/app/node_modules", --layer, "src:/app", ${otherPlatforms.map((name) => `--exclude, "${name}"`).join(', ')}`,
    ),
  };
}

/** Real packages at old versions with known vulnerabilities, pinned by integrity. */
export async function legacyFiles(): Promise<Record<string, string>> {
  const read = (name: string) => readFile(join(ROOT, 'infra/demo/legacy', name), 'utf8');
  return {
    'package.json': await read('package.json'),
    'package-lock.json': await read('package-lock.json'),
    'src/main.mjs': "console.log('as it was in 2020');\n",
    'pratique.build.yaml': recipe(INSTALL, '--layer, "node_modules:/app/node_modules", --layer, "src:/app"'),
  };
}

/** A few files of one's own, and one package that is part of the repository. */
export function smallAppFiles(name: string): Record<string, string> {
  return {
    'src/main.mjs': `console.log('${name}');\n`,
    'src/package.json': `${JSON.stringify({ name, version: '1.0.0', license: 'Apache-2.0' })}\n`,
    'src/node_modules/left/package.json': `${JSON.stringify({ name: 'left', version: '1.0.0', license: 'MIT' })}\n`,
    'src/node_modules/left/index.js': 'module.exports = (text) => text;\n',
    'pratique.build.yaml': recipe('', '--layer, "src:/app"'),
  };
}
