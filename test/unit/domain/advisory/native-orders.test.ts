/** Our version orders against the tools that own them. A tool that is not on this machine skips its test, visibly. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '../../../../domain/advisory/compare-versions.ts';
import { compareDpkg } from '../../../../domain/advisory/version-order/dpkg.ts';
import { compareMaven } from '../../../../domain/advisory/version-order/maven.ts';
import { comparePep440 } from '../../../../domain/advisory/version-order/pep440.ts';
import { ecosystems } from '../../../../domain/sbom/component.ts';

type Pair = readonly [string, string];
const RUN = { encoding: 'utf8', timeout: 240_000, maxBuffer: 64 * 1024 * 1024 } as const;
const runs = (command: string, ...argv: string[]) => spawnSync(command, argv, { ...RUN, timeout: 60_000 }).status === 0;

/** The same pairs in every run, so that a failure is found again. */
const sample = (versions: fc.Arbitrary<string>, count: number): Pair[] =>
  fc.sample(fc.tuple(versions, versions), { numRuns: count, seed: 7 });

const number = fc.oneof(fc.integer({ min: 0, max: 12 }).map(String), fc.constantFrom('00', '01', '010', '20240101'));
const numbers = fc.array(number, { minLength: 1, maxLength: 4 }).map((list) => list.join('.'));

const hasDpkg = runs('dpkg', '--version');
describe.skipIf(!hasDpkg)('dpkg --compare-versions', () => {
  const word = fc.constantFrom('', '~rc1', '+dfsg', 'a', '~~', '+really1', '.z', 'b+', '+deb12u1', '~bpo12+1');
  const versions = fc
    .tuple(
      fc.constantFrom('', '', '', '0:', '1:'),
      numbers,
      word,
      fc.constantFrom('', '-0', '-1', '-1ubuntu2', '-1~deb12u1'),
    )
    .map((parts) => parts.join(''));

  test('agrees on 60 pairs', () => {
    const pairs = sample(versions, 60);
    // One shell for all of them: a process a pair costs more than the comparison.
    const script =
      'while read -r a b; do for o in lt eq gt; do dpkg --compare-versions "$a" $o "$b" && echo $o; done; done';
    const { stdout } = spawnSync('sh', ['-c', script], {
      ...RUN,
      input: pairs.map((pair) => `${pair.join(' ')}\n`).join(''),
    });
    const words = { '-1': 'lt', '0': 'eq', '1': 'gt' };
    expect(pairs.map(([a, b]) => [a, words[`${compareDpkg(a, b)!}`], b])).toEqual(
      stdout
        .trim()
        .split('\n')
        .map((sign, index) => [pairs[index]![0], sign, pairs[index]![1]]),
    );
  });
});

const hasPackaging = runs('python3', '-c', 'import packaging.version');
describe.skipIf(!hasPackaging)('packaging.version of Python', () => {
  const versions = fc
    .tuple(
      fc.constantFrom('', '', '', '1!', 'v'),
      numbers,
      fc.constantFrom('', '', 'a1', '-beta.2', 'rc', '.pre3', 'c4'),
      fc.constantFrom('', '', '.post1', '-2', 'rev3', '_r'),
      fc.constantFrom('', '', '.dev0', 'dev3'),
      fc.constantFrom('', '', '', '+local.1', '+1', '+ubuntu-1', '+1.a'),
    )
    .map((parts) => parts.join(''));
  const SCRIPT = `
import sys
from packaging.version import Version
for line in sys.stdin:
    a, b = map(Version, line.split())
    print((a > b) - (a < b))`;

  test('agrees on 5000 pairs', () => {
    const pairs = sample(versions, 5000);
    const { stdout } = spawnSync('python3', ['-c', SCRIPT], {
      ...RUN,
      input: pairs.map((pair) => `${pair.join(' ')}\n`).join(''),
    });
    const theirs = stdout.trim().split('\n').map(Number);
    expect(theirs).toHaveLength(pairs.length);
    expect(pairs.filter(([a, b], index) => comparePep440(a, b) !== theirs[index])).toEqual([]);
  });
});

/** `maven-artifact` jars of an installation and of the local repository, the newest first. */
function findMavenJar(): string | undefined {
  const installed = ['/usr/share/maven/lib', path.join(process.env.MAVEN_HOME ?? '/opt/maven', 'lib')];
  const cached = path.join(homedir(), '.m2/repository/org/apache/maven/maven-artifact');
  const jars = [cached, ...installed].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name))) : [],
  );
  // Since 3.9 a qualifier behind a dot is one behind a hyphen (MNG-7644), as the specification has it.
  return jars
    .filter((file) => /maven-artifact-3\.(?:9|[1-9]\d)[\d.]*\.jar$/.test(file))
    .sort()
    .at(-1);
}

const mavenJar = runs('java', '-version') ? findMavenJar() : undefined;
describe.skipIf(mavenJar === undefined)('ComparableVersion of maven-artifact 3.9 or later', () => {
  const part = fc.oneof(number, fc.constantFrom('alpha', 'b1', 'm2', 'rc', 'SNAPSHOT', 'sp', 'jre', 'x', 'cr3', 'foo'));
  // Words for the release stand at the end only: the specification (and its vector) has `1-ga-1` = `1-1`, the class has not.
  const versions = fc
    .tuple(
      number,
      fc.array(fc.tuple(fc.constantFrom('.', '-', ''), part), { maxLength: 5 }),
      fc.constantFrom('', '', '', '.Final', '-RELEASE', '-ga'),
    )
    .map(([first, rest, last]) => first + rest.flat().join('') + last);
  const CLASS = 'org.apache.maven.artifact.versioning.ComparableVersion';

  test('agrees on 4000 pairs', () => {
    // Its main method compares each version with the next.
    const chain = fc.sample(versions, { numRuns: 4001, seed: 7 });
    const { stdout } = spawnSync('java', ['-cp', mavenJar!, CLASS, ...chain], RUN);
    const signs = [...stdout.matchAll(/^ {3}\S+ ([<=>]+) \S+$/gm)].map(([, sign]) => sign!.charAt(0));
    expect(signs).toHaveLength(4000);
    const ours = { '-1': '<', '0': '=', '1': '>' };
    const wrong = signs.flatMap((sign, index) => {
      const [a, b] = [chain[index]!, chain[index + 1]!];
      return ours[`${compareMaven(a, b)!}`] === sign ? [] : [`${a} ${sign} ${b}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe('an order is an order', () => {
  const text = fc.stringMatching(/^[0-9a-z.+~_-]{1,12}$/);
  test.each(ecosystems)('%s: antisymmetric, and the same to itself', (ecosystem) => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const forth = compareVersions(ecosystem, a, b);
        const back = compareVersions(ecosystem, b, a);
        if (forth === undefined) return back === undefined;
        return back !== undefined && forth + back === 0 && compareVersions(ecosystem, a, a) === 0;
      }),
      { numRuns: 300 },
    );
  });
});
