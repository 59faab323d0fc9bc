import { existsSync } from 'node:fs';
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = path.resolve(import.meta.dirname, '..');

/** In seconds on two cores, those that take more than ten: `npm test` names its slowest at its end. */
const seconds: Readonly<Record<string, number>> = {
  'test/e2e/races.test.ts': 189,
  'test/e2e/outage.test.ts': 187,
  'test/integration/postgres/explorer.test.ts': 127,
  'test/chaos/chaos.test.ts': 113,
  'test/integration/builder/command-builder.test.ts': 90,
  'test/stack/supervisor.test.ts': 87,
  'test/e2e/upgrade.test.ts': 80,
  'test/stack/command.test.ts': 70,
  'test/e2e/main-path.test.ts': 62,
};
const durationOf = ({ moduleId }: TestSpecification): number => seconds[path.relative(root, moduleId)] ?? 0;

/** Files that take long begin first, so that none of them is left at the end, when nothing else runs beside it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = Object.keys(seconds).filter((file) => !existsSync(path.join(root, file)));
    if (gone.length > 0) throw new Error(`test/longest-first.ts names files that are not there: ${gone.join(', ')}`);
    const order = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => order(a) - order(b) || durationOf(b) - durationOf(a));
  }
}
