import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const lock = (packages: Record<string, string>, licence = 'MIT') =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version, license: licence }]),
    ),
  });

function folders(): string {
  const folder = temporaryFolder('pratique-diff-');
  for (const [name, text] of Object.entries({
    old: lock({ left: '1.0.0', minimist: '1.2.8', gone: '1.0.0' }),
    young: lock({ left: '1.1.0', minimist: '1.2.5', added: '1.0.0' }),
    broken: '{"lockfileVersion": 3, "packages"',
  })) {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'package-lock.json'), text);
  }
  return folder;
}

const run = (cwd: string, ...args: string[]) => runCommand(['diff', ...args], { cwd });

describe('pratique diff', () => {
  test('two folders, as a table', async () => {
    const { code, stdout, stderr } = await run(folders(), 'old', 'young', '--no-advisories');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "CHANGE      TYPE  NAME      BEFORE  AFTER  LICENCE
      added       npm   added     -       1.0.0  MIT
      removed     npm   gone      1.0.0   -      MIT
      upgraded    npm   left      1.0.0   1.1.0  MIT
      downgraded  npm   minimist  1.2.8   1.2.5  MIT

      1 added, 1 removed, 2 changed (1 downgraded), 0 with other licences; 0 the same
      "
    `);
  });

  test.each([
    [['--fail-on', 'added'], 1, '1 added'],
    [['--fail-on', 'added,removed', '--fail-on', 'downgraded'], 1, '1 added, 1 removed, 1 downgraded'],
    [['--fail-on', 'licence'], 0, ''],
  ])('%j ends with %i', async (flags, expected, said) => {
    const { code, stderr } = await run(folders(), 'old', 'young', '--no-advisories', ...flags);
    expect(code).toBe(expected);
    expect(stderr).toBe(said === '' ? '' : `pratique: not allowed by --fail-on: ${said}\n`);
  });

  test('an artifact against its approved SBOM, in whatever format that was written', async () => {
    const cwd = folders();
    for (const format of ['cyclonedx-xml', 'spdx-json', 'spdx-tag-value']) {
      await runCommand(['sbom', 'old', '-o', `${format}=approved`], { cwd });
      const same = await run(cwd, 'approved', 'old', '--no-advisories', '--fail-on', 'added,removed,changed,licence');
      expect(same, format).toMatchObject({ code: 0, stderr: '' });
      const other = await run(cwd, 'approved', 'young', '--no-advisories', '--fail-on', 'changed', '-o', 'json');
      expect(JSON.parse(other.stdout)).toMatchObject({
        counts: { added: 1, removed: 1, changed: 2, downgraded: 1 },
        failed: ['changed'],
      });
    }
  });

  test('Markdown: what an artifact is called can not be a link, a cell or a mention', async () => {
    const cwd = folders();
    const components = [{ type: 'library', name: '@new/[x](https://www.evil)|y\u001b', version: '1' }];
    writeFileSync(
      path.join(cwd, 'young.json'),
      JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components }),
    );
    const { code } = await run(cwd, 'old', 'young.json', '--no-advisories', '-o', 'markdown=comment.md');
    const text = readFileSync(path.join(cwd, 'comment.md'), 'utf8');
    expect(code).toBe(0);
    expect(text).toContain('| @<!-- -->new/\\[x\\]\\(https:<!-- -->//www<!-- -->.evil\\)\\|y\\\\u\\{1b\\} |');
    expect(text).toContain('### Components: 1 added, 3 removed, 0 changed, 0 with other licences; 0 the same');
    expect(text).toContain('`old` (3) → `young.json` (1)');
  });

  test('advisories gained and lost', async () => {
    const cwd = folders();
    mkdirSync(path.join(cwd, 'osv'));
    const record = (id: string, name: string, fixed: string) => ({
      id,
      modified: '2024-01-01T00:00:00Z',
      affected: [
        { package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }] },
      ],
    });
    writeFileSync(
      path.join(cwd, 'osv', 'one.json'),
      JSON.stringify(record('GHSA-aaaa-aaaa-aaaa', 'minimist', '1.2.6')),
    );
    writeFileSync(path.join(cwd, 'osv', 'two.json'), JSON.stringify(record('GHSA-bbbb-bbbb-bbbb', 'left', '1.1.0')));
    const env = { PRATIQUE_CACHE_DIR: path.join(cwd, 'cache') };
    const { code, stdout } = await runCommand(
      ['diff', 'old', 'young', '--advisories', 'osv', '--fail-on', 'advisory', '--json'],
      { cwd, env },
    );
    expect(code).toBe(1);
    const { gained, lost } = (JSON.parse(stdout) as { advisories: Record<'gained' | 'lost', { advisory: string }[]> })
      .advisories;
    expect([gained, lost].map((list) => list.map(({ advisory }) => advisory))).toEqual([
      ['GHSA-aaaa-aaaa-aaaa'],
      ['GHSA-bbbb-bbbb-bbbb'],
    ]);
  });

  test('what nobody can decide of what is new: 3 with --fail-on advisory, and said', async () => {
    const cwd = folders();
    mkdirSync(path.join(cwd, 'osv'));
    mkdirSync(path.join(cwd, 'loose'));
    writeFileSync(path.join(cwd, 'loose', 'requirements.txt'), 'flask\n');
    const affected = [
      {
        package: { ecosystem: 'PyPI', name: 'flask' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }],
      },
    ];
    const record = { id: 'PYSEC-1', modified: '2026-01-01T00:00:00Z', affected };
    writeFileSync(path.join(cwd, 'osv', 'one.json'), JSON.stringify(record));
    const env = { PRATIQUE_CACHE_DIR: path.join(cwd, 'cache') };
    const diff = (...more: string[]) =>
      runCommand(['diff', 'old', 'loose', '--advisories', 'osv', ...more], { cwd, env });
    expect((await diff()).code).toBe(0);
    const { code, stderr } = await diff('--fail-on', 'advisory');
    expect(code).toBe(3);
    expect(stderr).toMatch(/1 match could not be decided: PYSEC-1 of pkg:pypi\/flask: no version of it is pinned/);
  });

  test('what is new and there are no advisories of: 3 with --fail-on advisory, and said', async () => {
    const cwd = folders();
    mkdirSync(path.join(cwd, 'crates'));
    writeFileSync(
      path.join(cwd, 'crates', 'Cargo.lock'),
      '[[package]]\nname = "time"\nversion = "0.1.42"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
    );
    const env = { PRATIQUE_CACHE_DIR: path.join(cwd, 'cache') };
    const diff = (...args: string[]) => runCommand(['diff', ...args], { cwd, env });
    expect((await diff('old', 'crates')).code).toBe(0);
    const { code, stderr } = await diff('old', 'crates', '--fail-on', 'advisory');
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('no advisories of crates.io: nothing'),
    });
    expect((await diff('crates', 'crates', '--fail-on', 'advisory')).code).toBe(0);
  });

  test('a side that was not read completely: 3, unless something fails', async () => {
    const cwd = folders();
    const { code, stderr } = await run(cwd, 'old', 'broken', '--no-advisories');
    expect(code).toBe(3);
    expect(stderr).toContain('was not read completely');
    expect((await run(cwd, 'old', 'broken', '--no-advisories', '--fail-on', 'removed')).code).toBe(1);
  });

  test.each<[string, string[], RegExp]>([
    ['one side', ['old'], /missing required argument/],
    [
      'an unknown kind',
      ['old', 'young', '--fail-on', 'everything'],
      /none of added, removed, changed, downgraded, licence, advisory/,
    ],
    ['a format of sbom', ['old', 'young', '-o', 'spdx-json'], /none of table, json, markdown/],
    [
      'advisories wanted and not',
      ['old', 'young', '--no-advisories', '--fail-on', 'advisory'],
      /--no-advisories together/,
    ],
  ])('%s is a matter of usage', async (_name, args, message) => {
    const { code, stderr } = await run(folders(), ...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });
});
