/** gradle.lockfile (https://docs.gradle.org/current/userguide/dependency_locking.html): `group:artifact:version=configurations`. */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 200_000;
/** `testRuntimeClasspath`, `debugUnitTestCompileClasspath`, and not `latestRuntime`. */
const OF_TESTS = /(?:(?:^|[^a-z])test|Test)(?![a-z])/;

/** What only configurations of tests use is for development. Older versions of the format name no configurations. */
export function parseGradleLockfile(text: string): LockedPackage[] {
  return splitLines(text, MAX_LINES).flatMap((raw): LockedPackage[] => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('empty=')) return [];
    const match = /^([^:=\s]+:[^:=\s]+):([^:=\s]+)(?:=(.*))?$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a line that locks no module');
    const configurations = (match[3] ?? '').split(',').filter((one) => one !== '');
    const isTest = configurations.length > 0 && configurations.every((one) => OF_TESTS.test(one));
    return [
      {
        key: line,
        name: match[1],
        version: match[2],
        requires: [],
        ...(configurations.length === 0 ? {} : { scope: isTest ? 'development' : 'runtime' }),
      },
    ];
  });
}
