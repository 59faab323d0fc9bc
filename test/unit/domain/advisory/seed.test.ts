import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import { parseOsvEcosystem } from '../../../../domain/advisory/package-identity.ts';
import type { Ecosystem } from '../../../../domain/sbom/component.ts';
import { testData } from '../../../fixtures/test-data.ts';
import { component } from './component.ts';
import { osv } from './osv.ts';
import { seedVersions } from './seed-versions.ts';

const folder = path.resolve(import.meta.dirname, '../../../../infra/advisories');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
const documents = new Map(
  files.map((name) => [
    name,
    JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { id: string; affected: object[] },
  ]),
);
const records = [...documents.values()].map((json) => osv(json.id, json));

describe('the seed', () => {
  test('has at least sixty records, and some of every ecosystem', () => {
    expect(records.length).toBeGreaterThanOrEqual(60);
    const ecosystems = records.flatMap((record) => record.affected.map((one) => one.package?.ecosystem.split(':')[0]));
    for (const ecosystem of ['npm', 'PyPI', 'Maven', 'Debian', 'Go'])
      expect(ecosystems.filter((name) => name === ecosystem).length, ecosystem).toBeGreaterThanOrEqual(10);
  });

  test.each([...documents])('%s is named after its id and says what, how bad and where to read more', (name, json) => {
    expect(path.basename(name, '.json')).toBe(json.id);
    expect(json).toMatchObject({
      summary: expect.stringMatching(/^.{10,120}$/),
      details: expect.stringMatching(/^.{20,400}$/),
      references: [{ type: 'ADVISORY', url: expect.stringMatching(/^https:\/\//) }],
    });
    const { severity, database_specific: word } = json as { severity?: unknown[]; database_specific?: unknown };
    expect((severity ?? []).length > 0 || word !== undefined || json.id.startsWith('MAL-')).toBe(true);
  });

  const vectors = testData('vectors.tar.gz');
  test.skipIf(vectors === undefined)('is valid by the OSV schema', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const schema = path.join(vectors!, 'osv-schema/validation/schema.json');
    const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
    const invalid = [...documents].filter(([, json]) => !validate(json)).map(([name]) => name);
    expect(invalid).toEqual([]);
    expect(validate({ id: 'GHSA-x' })).toBe(false);
  });
});

describe('what the seed matches', () => {
  const matches = (id: string, place: string, name: string, version: string): boolean => {
    const { ecosystem, release } = parseOsvEcosystem(place);
    const one = component(ecosystem as Ecosystem, name, version, release === undefined ? {} : { release });
    const result = matchComponents([one], () => records.filter((record) => record.id === id));
    expect(result.undecided).toEqual([]);
    return result.findings.length > 0;
  };

  test('every record has versions to show', () => {
    const shown = new Set(seedVersions.map(([id]) => id));
    expect(records.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });

  test.each(seedVersions)('%s in %s %s', (id, place, name, affected, unaffected) => {
    expect(affected.filter((version) => !matches(id, place, name, version))).toEqual([]);
    expect(unaffected.filter((version) => matches(id, place, name, version))).toEqual([]);
    expect(Math.min(affected.length, unaffected.length)).toBeGreaterThan(0);
  });

  test("says nothing about the product's own production dependencies", () => {
    const lock = JSON.parse(readFileSync(path.resolve(folder, '../../package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; dev?: boolean }>;
    };
    const components = Object.entries(lock.packages).flatMap(([place, { version, dev }]) => {
      const name = place.split('node_modules/').at(-1);
      return name === undefined || name === '' || version === undefined || dev ? [] : [component('npm', name, version)];
    });
    expect(components.length).toBeGreaterThan(100);
    expect(matchComponents(components, () => records)).toEqual({ findings: [], undecided: [], upgrades: [] });
  });
});
