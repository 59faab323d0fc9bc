/** Addresses and repositories that would make git run something, read this machine, or call somebody else. */
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportTree } from '../../../adapters/git/export-tree.ts';
import { fetchCommit } from '../../../adapters/git/fetch-commit.ts';
import { createGitFolder, defaultGitLimits, type GitOptions, runGit } from '../../../adapters/git/git.ts';
import { startScriptedServer } from '../../unit/adapters/egress/scripted-server.ts';
import { createSignedRepository, type SignedRepository, toolPath } from './signed-repository.ts';

let repository: SignedRepository;
let place: string;
const options: GitOptions = { path: toolPath, limits: defaultGitLimits, signal: new AbortController().signal };

beforeAll(async () => {
  repository = await createSignedRepository();
  place = await mkdtemp(path.join(tmpdir(), 'pratique-remotes-'));
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});
const folder = () => mkdtemp(path.join(place, 'fetch-'));
const fetchFrom = async (address: string, commit: string, localRepositories: readonly string[] = []) =>
  fetchCommit({ repository: address, commit }, await folder(), { ...options, localRepositories });

describe('addresses', () => {
  const mark = () => path.join(place, 'mark');

  test.each<[string, (mark: string) => string]>([
    ['a command', (file) => `ext::sh -c touch% ${file}`],
    ['a command, said to be an address', (file) => `ext::https://${file}`],
    ['a file descriptor', () => 'fd::7'],
    ['a file', () => `file://${repository.folder}`],
    ['a path that is not configured', () => repository.folder],
    ['a path out of one that is', () => `${repository.folder}/../repository`],
    ['an option', (file) => `--upload-pack=touch ${file}`],
    ['an option, in the place of a host', (file) => `ssh://-oProxyCommand=touch%20${file}/x`],
    ['an option, in the place of a user', (file) => `-oProxyCommand=touch ${file}@host:x`],
    ['no authenticity', () => 'git://127.0.0.1/x'],
    ['plain HTTP', () => 'http://127.0.0.1/x'],
    ['credentials', () => 'https://ann:secret@127.0.0.1/x'],
    ['a line of its own', () => 'https://host/x\nhttps://other/y'],
    ['another transport', () => 'ftp://127.0.0.1/x'],
  ])('%s', async (_, address) => {
    const failure = await fetchFrom(address(mark()), 'c'.repeat(40)).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'SOURCE_TRANSPORT_REFUSED' });
    expect(String(failure)).not.toContain('secret');
    await expect(lstat(mark())).rejects.toThrow('ENOENT');
  });

  test.each(['HEAD', 'main', '--upload-pack=x', `${'c'.repeat(39)}`, `+${'c'.repeat(40)}:refs/heads/x`])(
    'a commit called %s',
    async (commit) => {
      await expect(fetchFrom('https://127.0.0.1/x', commit)).rejects.toMatchObject({ code: 'COMMIT_MISSING' });
    },
  );
});

test('a server that sends git on to another host is not followed', async () => {
  await using other = await startScriptedServer((_request, response) => response.end());
  await using server = await startScriptedServer((request, response) => {
    response.writeHead(302, { location: `http://${other.host}${request.url}` }).end();
  });
  const made = await createGitFolder(await folder(), 'sha1', options);
  const outcome = await runGit(made, ['ls-remote', `http://${server.host}/shop.git`], options, { protocol: 'http' });
  expect(outcome.exit).not.toBe(0);
  expect(server.seen).not.toEqual([]);
  expect(other.seen).toEqual([]);
});

test('git speaks the one protocol it was given, whatever a remote helper offers', async () => {
  const made = await createGitFolder(await folder(), 'sha1', options);
  const file = path.join(place, 'ran');
  const outcome = await runGit(made, ['ls-remote', `ext::touch ${file}`], options, { protocol: 'https' });
  expect(outcome.stderr).toMatch(/transport 'ext' not allowed/);
  await expect(lstat(file)).rejects.toThrow('ENOENT');
});

describe('what a repository holds', () => {
  async function exported(commit: string): Promise<string> {
    const source = { repository: repository.folder, commit };
    const made = await fetchCommit(source, await folder(), { ...options, localRepositories: [repository.folder] });
    const out = path.join(await folder(), 'tree');
    await exportTree(made, source, out, options);
    return out;
  }

  test('submodules are not fetched, whatever they are called and wherever they are', async () => {
    const file = path.join(place, 'submodule');
    const module = `[submodule "../../x"]\n\tpath = lib\n\turl = ext::touch ${file}\n\tupdate = !touch ${file}\n`;
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${'d'.repeat(40)},lib`);
    const failure = await repository
      .commit({ '.gitmodules': module })
      .then((commit) => exported(commit))
      .catch((error: Error & { code?: string }) => error);
    // Such a name is refused by git's own checks (transfer.fsckObjects), or stays an empty folder.
    if (failure instanceof Error) expect(failure).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    else expect(await readdir(path.join(failure, 'lib'))).toEqual([]);
    await expect(lstat(file)).rejects.toThrow('ENOENT');
  });

  test('a link stays a link, and nothing is written through it', async () => {
    const outside = path.join(place, 'outside');
    await mkdir(outside);
    await chmod(outside, 0o777);
    // Two entries of one name, a link and a folder: a tree no git makes by itself.
    const blob = async (text: string) => {
      const file = path.join(place, 'blob');
      await writeFile(file, text);
      return repository.git('hash-object', '-w', file);
    };
    const link = await blob(outside);
    const file = await blob('written');
    const make = async (lines: string) => {
      const list = path.join(place, 'tree-lines');
      await writeFile(list, lines);
      return repository.git('-c', `alias.t=!git mktree --missing <${list}`, 't');
    };
    const inner = await make(`100644 blob ${file}\tpwned\n`);
    const good = await make(`120000 blob ${link}\tlink\n`);
    const commitOf = (tree: string) => repository.git('commit-tree', '-m', 'x', tree);
    const tree = await exported(await branch(await commitOf(good)));
    expect((await lstat(path.join(tree, 'link'))).isSymbolicLink()).toBe(true);
    const both = await make(`120000 blob ${link}\tlink\n040000 tree ${inner}\tlink\n`);
    const failure = await exported(await branch(await commitOf(both))).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await readdir(outside)).toEqual([]);
  });

  async function branch(commit: string): Promise<string> {
    await repository.git('branch', `b-${commit.slice(0, 8)}`, commit);
    return commit;
  }

  test('the configuration of the fetching repository says so, too', async () => {
    const made = await createGitFolder(await folder(), 'sha1', options);
    const text = await readFile(path.join(made.home, 'gitconfig'), 'utf8');
    expect(text).toMatch(/followRedirects = false/);
    expect(text).toMatch(/hooksPath = \/dev\/null/);
  });
});
