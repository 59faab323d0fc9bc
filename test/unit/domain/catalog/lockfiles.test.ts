/** Real lockfiles and manifests of public projects. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { parsePurl } from '../../../../domain/sbom/purl.ts';
import { testData } from '../../../fixtures/test-data.ts';

const root = testData('lockfiles.tar.gz');
const files =
  root === undefined
    ? []
    : globSync('**/*', { cwd: root, withFileTypes: true })
        .filter((entry) => entry.isFile() && catalogerFor(entry.name) !== undefined)
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
        .toSorted();

describe.skipIf(root === undefined)('real lockfiles, absent from this machine where skipped', () => {
  test('the data is there', () => {
    expect(existsSync(root ?? '')).toBe(true);
    expect(files.length).toBeGreaterThan(30);
  });

  test.each(files)('%s', (file) => {
    const cataloger = catalogerFor(file);
    if (cataloger?.kind !== 'file') throw new TypeError('a lockfile that no cataloger reads');
    const facts = cataloger.catalog(file, readFileSync(path.join(root ?? '', file)));
    if (facts?.kind !== 'components') return;
    expect(facts.components.length).toBeGreaterThan(0);
    const purls = new Set(facts.components.map(({ purl }) => purl));
    for (const { purl, name, version, dependsOn } of facts.components) {
      expect(parsePurl(purl).version ?? '').toBe(version);
      expect(name).not.toBe('');
      for (const target of dependsOn) expect(purls.has(target)).toBe(true);
    }
  });
});
