import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { elfOf } from '../../../fixtures/catalog/scan-executable.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { left: '1.0.0' } },
    'node_modules/left': { version: '1.0.0', license: 'MIT', dependencies: { right: '1.0.0' } },
    'node_modules/right': { version: '1.0.0' },
  },
});

function folder(content = lock): string {
  const place = temporaryFolder('pratique-sbom-');
  writeFileSync(path.join(place, 'package-lock.json'), content);
  return place;
}
const run = (cwd: string, ...args: string[]) =>
  runCommand(['sbom', ...args], { cwd, env: { SOURCE_DATE_EPOCH: '86400' } });

describe('formats', () => {
  test('each in the version that is asked for', async () => {
    const cwd = folder();
    const wanted = [
      'cyclonedx-json@1.5=a',
      'cyclonedx-json@1.7=b',
      'cyclonedx-xml@1.7=c',
      'spdx-json@3.0.1=d',
      'spdx-tag-value=e',
      'cyclonedx-json=f',
    ];
    const { code, stderr } = await run(cwd, '.', ...wanted.flatMap((one) => ['-o', one]));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const said = [
      '"specVersion": "1.5"',
      '"specVersion": "1.7"',
      'schema/bom/1.7',
      'rdf/3.0.1/',
      'SPDXVersion: SPDX-2.3',
      '"specVersion": "1.6"',
    ];
    for (const [index, text] of said.entries())
      expect(readFileSync(path.join(cwd, 'abcdef'[index] ?? ''), 'utf8').slice(0, 300)).toContain(text);
  });

  test.each([
    ['cyclonedx-json@2.0', /written in version 1\.5, 1\.6, 1\.7; not in "2\.0"/],
    ['table@1', /"table" has no versions/],
    ['cyclonedx', /none of cyclonedx-json, cyclonedx-xml, spdx-json, spdx-tag-value, table, json, score, score-json/],
    ['json=a,table=a', /can not both go to a/],
  ])('-o %s is refused', async (output, message) => {
    const { code, stderr } = await run(folder(), '.', '-o', output);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  test('a file that can not be written leaves nothing behind', async () => {
    const cwd = folder();
    mkdirSync(path.join(cwd, 'taken'));
    const { code, stderr } = await run(cwd, '.', '-o', 'spdx-json=taken');
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('taken can not be written') });
    expect(readdirSync(cwd).toSorted()).toEqual(['package-lock.json', 'taken']);
  });

  test('an SBOM written again keeps its subject and its time', async () => {
    const cwd = folder();
    await run(cwd, '.', '-o', 'cyclonedx-xml=a.xml');
    const { stdout } = await runCommand(['sbom', 'a.xml', '-o', 'spdx-json'], { cwd });
    const { creationInfo, packages } = JSON.parse(stdout) as {
      creationInfo: { created: string };
      packages: { name: string }[];
    };
    expect(creationInfo.created).toBe('1970-01-02T00:00:00Z');
    expect(packages[0]?.name).toBe(path.basename(cwd));
  });
});

test('a program is a source, whatever its mode', async () => {
  const mark = Buffer.alloc(32);
  mark.write('\xff Go buildinf:\x08\x02', 0, 'latin1');
  const info = Buffer.concat([mark, Buffer.from([8]), Buffer.from('go1.22.3'), Buffer.from([0])]);
  const cwd = temporaryFolder('pratique-sbom-');
  writeFileSync(path.join(cwd, 'tool'), elfOf({ '.go.buildinfo': info }), { mode: 0o644 });
  const { code, stdout } = await run(cwd, 'tool', '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).components).toMatchObject([{ purl: 'pkg:golang/stdlib@1.22.3' }]);
});

describe('--score', () => {
  test('as a table, as JSON, with a minimum', async () => {
    const cwd = folder();
    const { code, stdout } = await run(cwd, '.', '--score', '--min-score', 'ntia=50');
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "NTIA minimum elements   85 %
      BSI TR-03183-2          37 %

      FIELD                         NTIA  BSI  ALL    npm (2)
      author of SBOM data           x          100 %
      creator of SBOM with address        x    0 %
      timestamp                     x     x    100 %
      name                          x     x    100 %  100 %
      version                       x     x    100 %  100 %
      supplier name                 x          0 %    0 %
      creator with address                x    0 %    0 %
      unique identifier             x          100 %  100 %
      dependency relationship       x     x    100 %  100 %
      licence (SPDX)                      x    50 %   50 %
      SHA-512 hash                        x    0 %    0 %
      file name                           x    0 %    0 %
      executable                          x    0 %    0 %
      archive                             x    0 %    0 %
      structured                          x    0 %    0 %

      Missing:
        supplier name: 2 without, such as pkg:npm/left@1.0.0
        creator with address: 2 without, such as pkg:npm/left@1.0.0
        licence (SPDX): 1 without, such as pkg:npm/right@1.0.0
        SHA-512 hash: 2 without, such as pkg:npm/left@1.0.0
        file name: 2 without, such as pkg:npm/left@1.0.0
      "
    `);
    const json = await run(cwd, '.', '--score', '--json', '--min-score', 'ntia=100,bsi=1');
    expect(json.code).toBe(1);
    expect(json.stderr).toBe('pratique: ntia score 85 %: at least 100 % is asked for\n');
    expect(JSON.parse(json.stdout)).toMatchObject({ profiles: { ntia: 85 } });
  });

  test('an SBOM of somebody else is scored as it was left', async () => {
    const cwd = folder();
    writeFileSync(
      path.join(cwd, 'x.json'),
      JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.4', components: [] }),
    );
    const { stdout } = await run(cwd, 'x.json', '--score', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ profiles: { ntia: 0, bsi: 0 } });
  });

  test('what lists no component has none of their fields', async () => {
    const { code, stdout } = await run(
      folder('{"lockfileVersion":3,"packages":{}}'),
      '.',
      '--score',
      '--min-score',
      'ntia=50',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^name +x +x +0 %$/m);
  });

  test.each(['90', 'ntia', 'ntia=101', 'cisa=50'])('--min-score %s is refused', async (text) => {
    expect((await run(folder(), '.', '--min-score', text)).code).toBe(2);
  });
});

describe('--explain', () => {
  test('where it was found, by what, from which bytes', async () => {
    const { code, stdout } = await run(folder(), '.', '--explain', 'pkg:npm/left');
    expect(code).toBe(0);
    const digest = createHash('sha256').update(lock).digest('hex');
    for (const text of [
      'found by',
      'npm-lockfile',
      'package-lock.json',
      `${lock.length} bytes, sha256:${digest}`,
      'needs',
      'pkg:npm/right@1.0.0',
    ])
      expect(stdout).toContain(text);
  });

  test('as JSON', async () => {
    const { stdout } = await run(folder(), '.', '--explain', 'right@1.0.0', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      components: [{ purl: 'pkg:npm/right@1.0.0', neededBy: ['pkg:npm/left@1.0.0'] }],
    });
  });

  test('as a document is refused, not left out silently', async () => {
    const refused = await run(folder(), '.', '--explain', 'right@1.0.0', '-o', 'cyclonedx-json=x.json');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--explain is not written as') });
  });

  test('a purl is taken as people spell it', async () => {
    const packages = { 'node_modules/@babel/core': { version: '7.0.0' } };
    const scoped = folder(JSON.stringify({ lockfileVersion: 3, packages }));
    const { code, stdout } = await run(scoped, '.', '--explain', 'pkg:npm/@babel/core');
    expect([code, stdout]).toEqual([0, expect.stringContaining('pkg:npm/%40babel/core@7.0.0')]);
  });

  test('what is not there, with what is', async () => {
    const { code, stderr } = await run(folder(), '.', '--explain', 'pkg:npm/left@9');
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('There is pkg:npm/left@1.0.0') });
  });
});
