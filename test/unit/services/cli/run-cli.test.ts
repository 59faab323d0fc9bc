/** What every command line has in common: help, mistakes, variables, errors as JSON, colours. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CliCommand } from '../../../../services/cli/flag-variables.ts';
import { verbs } from '../../../../services/cli/verbs.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { artifact, artifactAnswer, promotion } from './recorded-answers.ts';
import { keysAnswer } from './recorded-keys.ts';
import { runCommand } from './run-command.ts';

let gateway: AnsweringGateway;
let dir: string;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
  dir = await mkdtemp(path.join(tmpdir(), 'pratique cli '));
});
afterEach(() => {
  expect(gateway.breaches).toEqual([]);
});
afterAll(async () => {
  await gateway.close();
  await rm(dir, { recursive: true });
});

const named = () => ({ PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN: 'prq_test' });
const list = (...items: unknown[]) => ({ 'GET /artifacts': { body: { items, next: null } } });

it('prints the version', async () => {
  expect(await runCommand(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

it('lists every verb in its help, and says how to use each', async () => {
  const { stdout } = await runCommand(['--help']);
  for (const { name } of verbs) {
    expect(stdout).toContain(`  ${name} `);
    const help = await runCommand([name, '--help']);
    expect(help, name).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain(`pratique ${name}`);
  }
});

it.each([
  [['promot'], 'unknown command', 'Did you mean promote?'],
  [['artifact', 'lst'], 'unknown command', 'Did you mean list?'],
  [['promote', 'shop/web:1.0', '--tp', 'prod'], 'unknown option', 'Did you mean --to?'],
  [['promote', 'shop/web:1.0'], "'--to <environment>' not specified", ''],
  [['promote', '--to', 'prod'], "missing required argument 'ref'", ''],
  [['approve', 'prod', 'shop/web:1.0'], "'--reason <text>' not specified", ''],
  [['incident', 'list', '--state', 'opne'], 'Allowed choices are open, contained, closed', ''],
  [['artifact', 'list', '--limit', 'many'], 'Expected a whole number above 0', ''],
  [['token', 'create', '--subject', 'x', '--role', 'viewer', '--expires-in', '90'], '30m, 12h, 90d', ''],
  [['token', 'create', '--subject', 'x', '--role', 'viewer', '--expires-in', 'P1M'], '30m, 12h, 90d', ''],
  [['scan', '.', '--max-age', '30m'], 'less than an hour', ''],
  [['artifact'], 'Usage: pratique artifact', ''],
  [[], 'Usage: pratique', ''],
])('%s is a mistake: exit 2, and what was meant', async (argv, message, suggestion) => {
  const ran = await runCommand(argv, { env: named() });
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain(message);
  expect(ran.stderr).toContain(suggestion);
});

it('writes mistakes and failures as JSON, once', async () => {
  const usage = await runCommand(['promote', 'x', '--json'], { env: named() });
  expect(usage.code).toBe(2);
  expect(JSON.parse(usage.stderr)).toEqual({
    error: { code: 'USAGE', message: "required option '--to <environment>' not specified" },
  });
  gateway.answer({
    'GET /artifact': { status: 404, body: { error: { code: 'NOT_FOUND', message: 'no', hint: 'h' } } },
  });
  const failed = await runCommand(['artifact', 'get', 'x:1'], { env: { ...named(), PRATIQUE_JSON: '1' } });
  expect(failed).toMatchObject({ code: 3, stdout: '' });
  expect(JSON.parse(failed.stderr)).toEqual({ error: { code: 'NOT_FOUND', message: 'no', hint: 'h' } });
});

it('shows the answer as it came with --json, and nothing but it', async () => {
  gateway.answer({ 'GET /artifact': { body: artifactAnswer } });
  const ran = await runCommand(['artifact', 'get', 'shop/web:1.0', '--json'], { env: named() });
  expect(JSON.parse(ran.stdout)).toEqual(artifactAnswer);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
});

it.each([
  [
    ['--json', 'artifact', 'get', 'shop/web:1.0'],
    ['artifact', 'get', '--json', 'shop/web:1.0'],
  ],
  [
    ['--json', 'artifact', 'get', '--', 'shop/web:1.0'],
    ['artifact', 'get', '--json', '--', 'shop/web:1.0'],
  ],
  [
    ['--json', 'promote', 'shop/web:1.0'],
    ['promote', '--json', 'shop/web:1.0'],
  ],
  [
    ['--json', 'artifact', 'lst'],
    ['artifact', 'lst', '--json'],
  ],
  [
    ['--help', 'artifact', 'get'],
    ['artifact', 'get', '--help'],
  ],
  [['help'], ['--help']],
  [
    ['help', 'artifact', 'get'],
    ['artifact', 'get', '--help'],
  ],
  [['help', 'promot'], ['promot']],
  [
    ['-h', 'verify'],
    ['verify', '-h'],
  ],
  [
    ['--json', '--help', 'verify'],
    ['verify', '--json', '--help'],
  ],
])('%s is the same as %s', async (argv, same) => {
  gateway.answer({ 'GET /artifact': { body: artifactAnswer } });
  const [before, after] = [await runCommand(argv, { env: named() }), await runCommand(same, { env: named() })];
  expect(before).toEqual(after);
  expect(before.stderr).not.toContain('unknown option');
});

it('takes no flag before the verb but those that all verbs share, and says which it does not know', async () => {
  expect((await runCommand(['--json'])).code).toBe(2);
  expect((await runCommand(['--json', 'artifact', 'lst'])).stderr).toContain("unknown command 'lst'");
  expect((await runCommand(['--json', 'nosuch'])).stderr).toContain("unknown command 'nosuch'");
  expect((await runCommand(['--json', 'completion', 'bash'])).stderr).toContain('--json');
  expect((await runCommand(['--jsn', 'verify', 'x'])).stderr).toContain("unknown option '--jsn'");
});

it('takes every flag from its variable, and the command line before it', async () => {
  gateway.answer(list());
  const env = { ...named(), PRATIQUE_REPOSITORY: 'a/b', PRATIQUE_ENVIRONMENT: 'dev', PRATIQUE_JSON: 'no' };
  const ran = await runCommand(['artifact', 'list', '--environment', 'prod'], { env });
  expect(gateway.asked[0]?.query).toEqual({ repository: 'a/b', environment: 'prod', limit: '50' });
  expect(ran.stdout).toBe('no artifacts\n');
});

it('a variable for a format is no file, one for a key no name, and an address may name the API', async () => {
  gateway.answer({
    'GET /keys': { body: keysAnswer },
    'GET /keys/uses': { body: { items: [], next: null, checkpoints: [] } },
  });
  // The address of the API is that of its gateway.
  const env = { ...named(), PRATIQUE_URL: `${gateway.url}/api/v1/`, PRATIQUE_OUTPUT: 'json', PRATIQUE_KEY: 'a.key' };
  expect((await runCommand(['key', 'export', 'evidence'], { env })).stdout).toContain('BEGIN PUBLIC KEY');
  await runCommand(['key', 'uses'], { env });
  expect(gateway.asked.at(-1)?.query).toEqual({ limit: '50' });
});

it('has a variable for every flag of every verb', async () => {
  for (const { name, load } of verbs) {
    const root = new CliCommand(name, {});
    (await load()).verb.define(root, { io: {} as never, done: () => undefined });
    const commands = [root, ...root.commands];
    for (const option of commands.flatMap((command) => command.options))
      expect(option.envVar).toMatch(/^PRATIQUE_[A-Z_]+$/);
  }
});

it('has no variable for a flag that a service reads as something else', () => {
  const documented = (file: string, column: RegExp) =>
    new Set(
      [...readFileSync(new URL(`../../../../docs/${file}`, import.meta.url), 'utf8').matchAll(column)].map(
        ([, name]) => name,
      ),
    );
  const flags = documented('cli.md', /^\| `--[^|]+\| `(PRATIQUE_\w+)` \|/gm);
  const ofServices = documented('configuration.md', /^\| `(PRATIQUE_\w+)` \| (?:gateway|dispatcher|worker|builder)/gm);
  expect(flags.size).toBeGreaterThan(50);
  expect(ofServices.size).toBeGreaterThan(40);
  // The same thing to both.
  const shared = [
    'BUILDER_HOST',
    'BUILDER_ID',
    'GITHUB_API',
    'KEYS_DIR',
    'SIGNING_CONFIG',
    'TRUSTED_ROOT',
    'TUF_MIRROR',
  ];
  expect([...flags].filter((name) => ofServices.has(name)).toSorted()).toEqual(
    [...shared, 'TUF_ROOT'].map((name) => `PRATIQUE_${name}`),
  );
});

it.each([
  ['0', 0, 'nothing was waited for'],
  ['1', 1, 'followed to its end'],
])('PRATIQUE_WAIT=%s', async (value, code) => {
  gateway.answer({
    'POST /promotions': { status: 202, body: { outcome: 'requested', promotion: promotion().id } },
    'GET /promotion': [
      { body: promotion({ state: 'requested', reason: '' }) },
      { body: promotion({ state: 'denied', endedAt: artifact.updatedAt }) },
    ],
  });
  const ran = await runCommand(['promote', 'shop/web:1.0', '--to', 'prod'], {
    env: { ...named(), PRATIQUE_WAIT: value },
  });
  expect(ran.code).toBe(code);
});

it('colours a terminal, unless NO_COLOR asks for none', async () => {
  gateway.answer(list(artifact));
  const isColoured = async (env: Record<string, string>, isTTY: boolean) =>
    (await runCommand(['artifact', 'list'], { env: { ...named(), ...env }, isTTY })).stdout.includes('\u001b[');
  expect(await isColoured({}, true)).toBe(true);
  expect(await isColoured({}, false)).toBe(false);
  expect(await isColoured({ NO_COLOR: '1' }, true)).toBe(false);
  expect(await isColoured({ TERM: 'dumb' }, true)).toBe(false);
  expect(await isColoured({ FORCE_COLOR: '1' }, false)).toBe(true);
});

it('lets nothing in an answer steer the terminal or add a line', async () => {
  const hostile = 'x\u001b]0;owned\u0007\r\nprod  live\u202e\u009b31m';
  gateway.answer(list({ ...artifact, tags: [hostile], repository: hostile }));
  const { stdout } = await runCommand(['artifact', 'list'], { env: named() });
  for (const control of ['\u001b', '\u0007', '\r', '\u202e', '\u009b']) expect(stdout).not.toContain(control);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
});

it('asks for page after page up to the limit', async () => {
  gateway.answer({
    'GET /artifacts': [
      { body: { items: Array.from({ length: 200 }, () => artifact), next: 'more' } },
      { body: { items: [artifact, artifact], next: 'even more' } },
    ],
  });
  const ran = await runCommand(['artifact', 'list', '--limit', '202', '--json'], { env: named() });
  expect(gateway.asked.map(({ query }) => query)).toEqual([{ limit: '200' }, { limit: '2', cursor: 'more' }]);
  const answer = JSON.parse(ran.stdout) as { items: unknown[]; next: string };
  expect([answer.items.length, answer.next]).toEqual([202, 'even more']);
});

it.each([
  ['no server', {}, 3, 'pratique up'],
  ['a token missing', { PRATIQUE_URL: 'http://127.0.0.1:9' }, 2, 'pratique token create'],
  ['no address', { PRATIQUE_URL: 'localhost', PRATIQUE_TOKEN: 'prq_x' }, 2, 'https://pratique.example.com'],
  ['a password in the address', { PRATIQUE_URL: 'http://a:b@127.0.0.1', PRATIQUE_TOKEN: 'prq_x' }, 2, 'PRATIQUE_TOKEN'],
  [
    'a token that is none',
    { PRATIQUE_URL: 'http://127.0.0.1:9', PRATIQUE_TOKEN: 'two words' },
    2,
    'does not hold a token',
  ],
  ['nobody there', { PRATIQUE_URL: 'http://127.0.0.1:9', PRATIQUE_TOKEN: 'prq_x' }, 3, 'Check PRATIQUE_URL'],
])('says what to do about %s', async (_, env, code, hint) => {
  const ran = await runCommand(['artifact', 'list'], { env, cwd: dir });
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toContain(hint);
  expect(ran.stderr).not.toContain('two words');
});

it.each([
  ['<html>', 200, 'NOT_A_GATEWAY'],
  ['<html>', 502, 'NOT_A_GATEWAY'],
  ['{}', 500, 'NOT_A_GATEWAY'],
  ['', 408, 'REQUEST_TIMEOUT'],
])('does not take %s with %i for an answer', async (body, status, code) => {
  gateway.answer({ 'GET /artifacts': { status, body } });
  const ran = await runCommand(['artifact', 'list', '--json'], { env: named() });
  expect(ran.code).toBe(3);
  expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code } });
});

it('saves a token where only its owner reads, and makes none it can not keep', async () => {
  gateway.answer({ 'POST /tokens': { status: 201, body: { id: '3f1c9a7d2b040e55', token: 'prq_secret' } } });
  const create = () =>
    runCommand(['token', 'create', '--subject', 'ann', '--role', 'approver', '--save', 'ann.token'], {
      env: named(),
      cwd: dir,
    });
  expect(await create()).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('is in ann.token') });
  const file = path.join(dir, 'ann.token');
  expect(await readFile(file, 'utf8')).toBe('prq_secret\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(gateway.asked).toHaveLength(1);
  expect(await create()).toMatchObject({ code: 2, stderr: expect.stringContaining('ann.token is there already') });
  expect(gateway.asked).toHaveLength(1);
});

it('finds the stack that runs in a folder above, and gives its admin token to it alone', async () => {
  const home = path.join(dir, 'clone', '.pratique');
  const below = path.join(dir, 'clone', 'src', 'deep');
  await mkdir(home, { recursive: true });
  await mkdir(below, { recursive: true });
  const connection = {
    databaseUrl: '',
    kafkaBrokers: '',
    temporalAddress: '',
    temporalNamespace: '',
    temporalUi: '',
    registry: '',
    gatewayUrl: gateway.url,
  };
  const record = { format: 1, supervisor: null, ready: true, connection, parts: [] };
  await writeFile(path.join(home, 'stack.json'), JSON.stringify(record));
  gateway.answer(list());
  expect(await runCommand(['artifact', 'list'], { cwd: below })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('pratique up'),
  });
  await writeFile(path.join(home, 'admin.token'), 'prq_admin\n');
  expect(await runCommand(['artifact', 'list'], { cwd: below })).toMatchObject({ code: 0 });
  expect(await runCommand(['artifact', 'list'], { cwd: below, env: { PRATIQUE_TOKEN: 'prq_own' } })).toMatchObject({
    code: 0,
  });
  expect(gateway.asked.map(({ authorization }) => authorization)).toEqual(['Bearer prq_admin', 'Bearer prq_own']);
  const elsewhere = await runCommand(['artifact', 'list', '--url', 'http://127.0.0.1:9'], { cwd: below });
  expect(elsewhere).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no token for http://127.0.0.1:9'),
  });
});

it('reads the token from the file that is named before the environment', async () => {
  await writeFile(path.join(dir, 'token'), 'prq_file\n');
  gateway.answer(list());
  await runCommand(['artifact', 'list', '--token-file', 'token'], { env: named(), cwd: dir });
  await runCommand(['artifact', 'list'], {
    env: { PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN_FILE: 'token' },
    cwd: dir,
  });
  expect(gateway.asked.map(({ authorization }) => authorization)).toEqual(['Bearer prq_file', 'Bearer prq_file']);
});

it('stops waiting when it is interrupted', async () => {
  gateway.answer({
    'POST /promotions': { status: 202, body: { outcome: 'requested', promotion: promotion().id } },
    'GET /promotion': { body: promotion({ state: 'requested', reason: '' }) },
  });
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(new Error('interrupted')), 300);
  const ran = await runCommand(['promote', 'shop/web:1.0', '--to', 'prod', '--wait'], {
    env: named(),
    signal: interrupt.signal,
  });
  expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('interrupted') });
});
