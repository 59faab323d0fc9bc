import { describe, expect, test } from 'vitest';
import { bunLockfileCataloger } from '../../../../domain/catalog/bun/cataloger.ts';
import type { FileCataloger } from '../../../../domain/catalog/cataloger.ts';
import { npmLockfileCataloger } from '../../../../domain/catalog/npm/cataloger.ts';
import { fetchedPackage } from '../../../../domain/catalog/npm/fetched-package.ts';
import { pnpmLockfileCataloger } from '../../../../domain/catalog/pnpm/cataloger.ts';
import { yarnLockfileCataloger } from '../../../../domain/catalog/yarn/cataloger.ts';

const NPM = 'https://registry.npmjs.org';
const EVIL = `${NPM}/evil/-/evil-1.0.0.tgz`;
const SHA512 = `sha512-${btoa('x'.repeat(64))}`;

describe('whose file an address is', () => {
  test.each([
    ['left@1.1.0', `${NPM}/left/-/left-1.1.0.tgz`],
    ['@s/left@1.1.0', `${NPM}/@s/left/-/left-1.1.0.tgz`],
    ['@s/left@1.1.0', `${NPM}/@s%2fleft/-/left-1.1.0.tgz#${'ab'.repeat(20)}`],
    // Verdaccio and Artifactory repeat the scope in the file's name, and registries may lie below a path.
    ['@s/left@1.1.0', 'https://u:p@npm.example.org/api/npm/all/@s/left/-/@s/left-1.1.0.tgz'],
    ['left@1.1.0', 'https://npm.example.org/left/-/archive.tgz'],
    ['left@1.1.0-beta', `${NPM}/left/-/left-1.1.0beta.tgz`],
    ['left@1.1.0+build.7', `${NPM}/left/-/left-1.1.0.tgz`],
    ['left@1.1.0', 'https://npm.pkg.github.com/download/@s/other/1.0.0/abcd'],
    ['left@1.1.0', undefined],
    ['left@1.1.0', `${NPM}/%E0%A4%A/-/x.tgz`],
  ])('%s is that of %s', (listed, address) => {
    const at = listed.lastIndexOf('@');
    const named = { name: listed.slice(0, at), version: listed.slice(at + 1) };
    expect(fetchedPackage(named, address)).toEqual(named);
  });

  test.each([
    [EVIL, 'evil', '1.0.0'],
    [`${NPM}/left/-/left-1.0.0.tgz`, 'left', '1.0.0'],
    [`${NPM}/@evil/left/-/left-1.1.0.tgz`, '@evil/left', '1.1.0'],
    [`${NPM}/evil/-/archive.tgz`, 'evil', '1.1.0'],
  ])('left@1.1.0 is not that of %s', (address, name, version) => {
    const fetched = fetchedPackage({ name: 'left', version: '1.1.0' }, address);
    expect(fetched).toEqual({ name, version, listedAs: 'left@1.1.0' });
  });
});

describe('an entry whose address is another package is that package', () => {
  test.each<[string, FileCataloger, string]>([
    [
      'package-lock.json',
      npmLockfileCataloger,
      JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.1.0', resolved: EVIL } } }),
    ],
    [
      'package-lock.json, version 1',
      npmLockfileCataloger,
      JSON.stringify({ lockfileVersion: 1, dependencies: { left: { version: '1.1.0', resolved: EVIL } } }),
    ],
    [
      'yarn.lock',
      yarnLockfileCataloger,
      `# yarn lockfile v1\n\nleft@^1.0.0:\n  version "1.1.0"\n  resolved "${EVIL}"\n`,
    ],
    [
      'yarn.lock of yarn 4',
      yarnLockfileCataloger,
      `__metadata:\n  version: 8\n\n"left@npm:^1.0.0":\n  version: 1.1.0\n  resolution: "left@npm:1.1.0::__archiveUrl=${encodeURIComponent(EVIL)}"\n  languageName: node\n  linkType: hard\n`,
    ],
    [
      'yarn.lock of yarn 4, by its patched one',
      yarnLockfileCataloger,
      `__metadata:\n  version: 8\n\n"left@patch:left@npm%3A^1#./a.patch":\n  version: 1.1.0\n  resolution: "left@patch:evil@npm%3A1.0.0#./a.patch::version=1.1.0&hash=abc"\n`,
    ],
    [
      'pnpm-lock.yaml',
      pnpmLockfileCataloger,
      `lockfileVersion: '9.0'\npackages:\n  left@1.1.0:\n    resolution: {integrity: ${SHA512}, tarball: ${EVIL}}\n`,
    ],
    [
      'bun.lock',
      bunLockfileCataloger,
      `{"lockfileVersion": 1, "packages": {"left": ["left@1.1.0", "${EVIL}", {}, ""]}}`,
    ],
  ])('%s', (_name, cataloger, text) => {
    const facts = cataloger.catalog('a lockfile', new TextEncoder().encode(text));
    expect(facts).toMatchObject({
      components: [{ purl: 'pkg:npm/evil@1.0.0', advisoryName: 'evil', version: '1.0.0', listedAs: 'left@1.1.0' }],
    });
  });

  test('yarn 2 and later fetch the version of the resolution', () => {
    const read = (resolution: string) => {
      const text = `__metadata:\n  version: 8\n\n"left@npm:^1":\n  version: 1.1.0\n  resolution: "left@npm:${resolution}"\n`;
      const facts = yarnLockfileCataloger.catalog('yarn.lock', new TextEncoder().encode(text));
      return facts?.kind === 'components' ? facts.components[0] : undefined;
    };
    const other = { purl: 'pkg:npm/left@1.0.0', listedAs: 'left@1.1.0' };
    expect(read('1.0.0')).toMatchObject(other);
    expect(read(`1.0.0::__archiveUrl=${encodeURIComponent('https://evil.example/x.tgz')}`)).toMatchObject(other);
    expect(read('1.1.0')?.listedAs).toBeUndefined();
  });
});
