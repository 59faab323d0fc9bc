/** `npm run demo` as somebody who tries it: its own process and folder. It ends with a table of where everything is, and leaves nothing. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';

const main = path.resolve(import.meta.dirname, '../../infra/demo/main.ts');

let folder: string;
let told: { readonly exit: number; readonly out: string; readonly err: string };
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-demo-'));
  // As root, Postgres runs under another uid and must get through.
  await chmod(folder, 0o711);
  told = await tell(path.join(folder, 'home'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** On a machine where somebody logged in to another stack at the same address. */
async function tell(home: string): Promise<typeof told> {
  const logins = path.join(folder, 'logins');
  await mkdir(logins);
  const stale = { auth: Buffer.from('me:prq_of_another_stack').toString('base64') };
  const auths = { '127.0.0.1:5000': stale, 'localhost:5000': stale };
  await writeFile(path.join(logins, 'config.json'), JSON.stringify({ auths }));
  return new Promise((resolve) => {
    const env = { ...process.env, PRATIQUE_DEMO_HOME: home, DOCKER_CONFIG: logins, NO_COLOR: '1' };
    execFile(process.execPath, [main], { env, maxBuffer: 64 * 1024 ** 2 }, (error, out, err) =>
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), out, err }),
    );
  });
}

/** Of the table: artifact, dev, staging, prod, verdicts; the digests are another every time. */
function rowsOf(out: string): string[] {
  return out
    .split('\n')
    .filter((line) => line.includes('│ apps/'))
    .map((line) => line.split('│').slice(1, 6).join(' ').trim().replace(/ +/g, ' '))
    .sort();
}

it('is told to its end', () => {
  expect(told.exit, told.err.slice(-4000)).toBe(0);
  expect(told.out.match(/^\d\. .*$/gm)).toHaveLength(5);
  expect(told.out).toMatch(/\d+ s from nothing running to here/);
});

it('ends with what was clean in production, and with what was not nowhere', () => {
  expect(rowsOf(told.out)).toEqual([
    'apps/clock served served served pass/pass/pass',
    'apps/greeter - - - pass/pass/pass',
    'apps/greeter served served served pass/pass/pass',
    'apps/legacy - - - fail/fail/fail',
    'apps/shop - - - fail/fail/fail',
    'apps/shop - - - pass/pass/pass',
    'apps/unknown - - - fail/fail/fail',
  ]);
});

it.each([
  ['a person who committed may not approve', 'dana committed the source: somebody else must approve'],
  ['what is vulnerable is named, with its fix', /high GHSA-35jh-r3h4-6jhm .*lodash 4\.17\.20, .*fixed in 4\.17\.21/],
  ['a push that nobody vouches for is refused', 'no provenance by a trusted builder'],
  ['a tag that moved is noticed', /tag 1\.0 moved to other bytes/],
  ['the incident is contained', 'contained, removal confirmed for 4 of 4'],
  ['the planted file is found', /only in the original +app\/node_modules\/left\/\.cache\.js/],
  ['the rebuild is shown to clear it', /apps\/clock@sha256:\w+ +identical +gave sha256:\w+ +clears it/],
  ['what rebuilds to the same digest is released', 'released from inc-'],
])('%s', (_what, said) => {
  expect(told.out).toMatch(said);
});

it('leaves nothing', async () => {
  expect(await readdir(folder)).toEqual(['logins']);
});
