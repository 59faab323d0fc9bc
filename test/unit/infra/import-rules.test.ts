/** The table of docs/architecture.md is refused where it is broken: a small tree with one breach each. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');

/** File, what it says, and the rules it breaks. */
const tree: readonly (readonly [file: string, text: string, broken: readonly string[]])[] = [
  ['domain/clean.ts', "import { z } from 'zod';\nexport const schema = z.string();", []],
  ['domain/reads.ts', "import { readFileSync } from 'node:fs';\nreadFileSync('x');", ['domain-has-no-node-builtins']],
  ['domain/connects.ts', "import pg from 'pg';\nnew pg.Client();", ['domain-uses-pure-packages-only']],
  ['domain/calls.ts', "import { desk } from '../adapters/desk.ts';\ndesk();", ['domain-imports-only-domain']],
  ['adapters/desk.ts', 'export const desk = () => undefined;', []],
  ['adapters/starts.ts', "import { ship } from '../workflows/ship.ts';\nship();", ['adapters-import-domain']],
  ['adapters/egress/way.ts', "import { Agent } from 'node:http';\nexport const agent = new Agent();", []],
  ['adapters/calls.ts', "import { request } from 'node:https';\nrequest('https://x');", ['only-egress-calls-out']],
  ['services/one/dials.ts', "import { connect } from 'node:net';\nconnect(1);", ['only-egress-calls-out']],
  [
    'adapters/dispatches.ts',
    "import { Agent } from 'undici';\nnew Agent();",
    ['no-dev-dependencies-in-production-code', 'only-egress-calls-out'],
  ],
  ['adapters/typed.ts', "import type { Socket } from 'node:net';\nexport type S = Socket;", []],
  ['activities/act.ts', 'export interface Acts { act(): void }\nexport const act = () => undefined;', []],
  ['activities/holds.ts', "import { desk } from '../adapters/desk.ts';\ndesk();", ['activities-import-domain']],
  [
    'workflows/ship.ts',
    "import type { Acts } from '../activities/act.ts';\nexport const ship = (): Acts | undefined => undefined;",
    [],
  ],
  [
    'workflows/acts.ts',
    "import { act } from '../activities/act.ts';\nact();",
    ['workflows-import-workflows-and-domain'],
  ],
  ['services/one/main.ts', "import { desk } from '../../adapters/desk.ts';\nexport const one = desk;", []],
  ['services/two/main.ts', "import { one } from '../one/main.ts';\none();", ['no-service-imports-another']],
  [
    'infra/migrations/0001-x.ts',
    "import { desk } from '../../adapters/desk.ts';\ndesk();",
    ['migrations-import-nothing-of-ours'],
  ],
  ['infra/dev/up.ts', "import { fake } from '../../test/fake.ts';\nfake();", ['nothing-imports-test']],
  ['test/fake.ts', "import { one } from '../services/one/main.ts';\nexport const fake = one;", []],
  ['adapters/hen.ts', "import { egg } from './egg.ts';\nexport const hen = () => egg();", []],
  ['adapters/egg.ts', "import { hen } from './hen.ts';\nexport const egg = (): unknown => hen();", []],
];

let folder: string;
let broken: { from: string; rule: { name: string } }[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-imports-'));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    await copyFile(path.join(root, file), path.join(folder, file));
  for (const [file, text] of tree) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), `${text}\n`);
  }
  const folders = [...new Set(tree.map(([file]) => file.split('/')[0] ?? ''))];
  const program = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [program, '--output-type', 'json', ...folders], { cwd: folder }, (_error, stdout) =>
      resolve(stdout),
    );
  });
  broken = (JSON.parse(output) as { summary: { violations: typeof broken } }).summary.violations;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rulesBrokenBy = (file: string) =>
  broken.filter(({ from, rule }) => from === file && rule.name !== 'no-circular').map(({ rule }) => rule.name);

it.each(tree)('%s', (file, _text, rules) => {
  expect(rulesBrokenBy(file)).toEqual(rules);
});

// Reported once, at whichever file it begins.
it('refuses files that load one another', () => {
  expect(broken.filter(({ rule }) => rule.name === 'no-circular').map(({ from }) => from)).toEqual([
    expect.stringMatching(/^adapters\/(?:hen|egg)\.ts$/),
  ]);
});
