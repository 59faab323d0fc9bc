import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Concern } from '../../../../domain/review/concern.ts';
import { sarifErrors } from '../../../fixtures/sarif-errors.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const SHA512 = `sha512-${btoa('x'.repeat(64))}`;

const lock = (packages: Record<string, object>): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      Object.entries(packages).map(([name, entry]) => [
        `node_modules/${name}`,
        { resolved: `https://registry.npmjs.org/${name}/-/x.tgz`, integrity: SHA512, license: 'MIT', ...entry },
      ]),
    ),
  });

const advisory = (id: string, name: string): string =>
  JSON.stringify({
    id,
    modified: '2026-01-01T00:00:00Z',
    summary: 'bad | [link](http://example.org)',
    affected: [{ package: { ecosystem: 'npm', name }, versions: ['1.0.0'] }],
    database_specific: { severity: 'HIGH' },
  });

function workplace(): string {
  const folder = temporaryFolder('pratique-deps-');
  const files: Record<string, string> = {
    'base/package-lock.json': lock({ left: { version: '1.0.0' }, kept: { version: '1.0.0' } }),
    'clean/package-lock.json': lock({ left: { version: '1.1.0' }, kept: { version: '1.0.0' } }),
    'head/package-lock.json': lock({
      left: { version: '1.1.0', hasInstallScript: true, resolved: 'https://npm.example.org/left/-/x.tgz' },
      kept: { version: '1.0.0' },
      evil: { version: '1.0.0' },
      expres: { version: '1.0.0' },
      '@acme/ui': { version: '1.0.0', license: 'AGPL-3.0-only' },
    }),
    'bundling/package-lock.json': lock({
      left: { version: '1.0.0', dependencies: { inner: '1' } },
      kept: { version: '1.0.0' },
      'left/node_modules/inner': { version: '1.0.0', inBundle: true, integrity: undefined, resolved: undefined },
      bare: { version: '1.0.0', integrity: undefined },
    }),
    'crates/Cargo.lock':
      '[[package]]\nname = "time"\nversion = "0.1.42"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
    'broken/package-lock.json': '{"lockfileVersion": 3, "packages"',
    'feed/MAL-2026-1.json': advisory('MAL-2026-1', 'evil'),
    'feed/CVE-2026-1.json': advisory('CVE-2026-1', 'kept'),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const run = (cwd: string, ...args: string[]) =>
  runCommand(['deps', 'review', ...args, '--advisories', 'feed'], {
    cwd,
    env: { PRATIQUE_CACHE_DIR: path.join(cwd, 'cache') },
  });

describe('pratique deps review', () => {
  test('a change with everything in it, as a table', async () => {
    const { code, stdout } = await run(workplace(), 'base', 'head', '--own', '@acme/*', '--deny-licence', 'AGPL-*');
    expect(code).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "LEVEL  RULE                  PACKAGE         WHAT                                                                  WHERE
      error  malicious             evil 1.0.0      MAL-2026-1: known to be malicious: bad | [link](http://example.org)   package-lock.json
      error  typosquat             expres 1.0.0    looks like express, which many use: one letter apart                  package-lock.json
      error  dependency-confusion  @acme/ui 1.0.0  a name of ours, from https://registry.npmjs.org                       package-lock.json
      error  moved-source          left 1.1.0      from https://npm.example.org, before from https://registry.npmjs.org  package-lock.json
      error  install-script        left 1.1.0      an update that runs commands when it is installed                     package-lock.json
      error  licence               @acme/ui 1.0.0  AGPL-3.0-only is denied (AGPL-*)                                      package-lock.json

      Not checked:
        age: lockfiles have no dates, and 4 packages are of no registry that was asked (--min-age, --registry)

      6 errors, 0 not known, 0 warnings in 4 new packages
      "
    `);
  });

  test.each([
    ['nothing wrong', ['base', 'clean'], 0],
    ['something wrong', ['base/package-lock.json', 'head/package-lock.json'], 1],
    ['no such option', ['base', 'head', '--fail-on', 'nothing'], 2],
    ['a side that can not be read', ['base', 'broken'], 3],
    ['a folder without a package', ['base', 'feed'], 3],
  ])('%s', async (_, args, expected) => {
    expect((await run(workplace(), ...args)).code).toBe(expected);
  });

  test('what there are no advisories of is not checked, and said', async () => {
    const { code, stdout } = await run(workplace(), 'base', 'crates');
    expect(code).toBe(3);
    expect(stdout).toContain('vulnerabilities: there are no advisories of crates.io, which 1 package is of');
    expect((await run(workplace(), 'crates', 'crates')).code).toBe(0);
  });

  test('one review in every format', async () => {
    const cwd = workplace();
    const { code } = await run(cwd, 'base', 'head', '-o', 'json=a.json,sarif=a.sarif,markdown=a.md');
    expect(code).toBe(1);
    const read = (name: string): string => readFileSync(path.join(cwd, name), 'utf8');
    const { concerns, complete } = JSON.parse(read('a.json'));
    expect(complete).toBe(true);
    expect(concerns.map(({ rule, name }: { rule: string; name: string }) => `${rule} ${name}`)).toEqual([
      'malicious evil',
      'typosquat expres',
      'moved-source left',
      'install-script left',
    ]);
    expect(sarifErrors(read('a.sarif'))).toBe('');
    const [sarif] = JSON.parse(read('a.sarif')).runs;
    expect(sarif.results).toHaveLength(concerns.length);
    for (const { ruleId, ruleIndex, level, locations } of sarif.results) {
      expect(sarif.tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(level).toBe('error');
      expect(locations[0].physicalLocation.artifactLocation.uri).toBe('head/package-lock.json');
    }
    const markdown = read('a.md');
    expect(markdown).toContain('| error | malicious | evil 1.0.0 |');
    // What an advisory says is text, not a link.
    expect(markdown).not.toContain('[link](http');
  });

  test('what is bundled is checked with the package it comes in', async () => {
    const { stdout } = await run(workplace(), 'base', 'bundling', '--json');
    const concerns = JSON.parse(stdout).concerns.map(({ rule, name }: { rule: string; name: string }) => [rule, name]);
    expect(concerns).toEqual([['missing-hash', 'bare']]);
  });

  test('ages, asked of a registry', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const time = { '1.1.0': '2026-11-20T12:00:00Z' };
      response.end(request.url === '/npm/left' ? JSON.stringify({ time }) : 'nothing');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const registry = `npm=http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/`;
    const ages = async (days: string) => {
      const { code, stdout } = await run(
        workplace(),
        'base',
        'clean',
        '--min-age',
        days,
        '--registry',
        registry,
        '--json',
      );
      return { code, rules: JSON.parse(stdout).concerns.map(({ rule, level }: Concern) => `${rule} ${level}`) };
    };
    try {
      expect(await ages('1')).toEqual({ code: 0, rules: [] });
      expect(await ages('2')).toEqual({ code: 1, rules: ['too-new error'] });
      // Only what arrived is asked about.
      expect(new Set(asked)).toEqual(new Set(['/npm/left']));
      const head = await run(workplace(), 'base', 'head', '--min-age', '2', '--registry', registry, '--json');
      const unknown = JSON.parse(head.stdout).concerns.filter(({ level }: Concern) => level === 'unknown');
      expect(unknown.map(({ name }: { name: string }) => name)).toEqual(['@acme/ui', 'evil', 'expres']);
    } finally {
      server.close();
    }
    expect((await run(workplace(), 'base', 'clean', '--min-age', '2')).code).toBe(2);
  });

  test('an image has no lockfiles to review', async () => {
    const cwd = workplace();
    mkdirSync(path.join(cwd, 'image'));
    writeFileSync(path.join(cwd, 'image/oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(path.join(cwd, 'image/index.json'), '{"schemaVersion":2,"manifests":[]}');
    expect((await run(cwd, 'base', 'image')).code).not.toBe(0);
  });
});
