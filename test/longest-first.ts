import { existsSync } from 'node:fs';
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = path.resolve(import.meta.dirname, '..');

/** In seconds on two cores, beside others: those that `npm test` names at its end as its slowest. */
const seconds: Readonly<Record<string, number>> = {
  'test/e2e/races.test.ts': 220,
  'test/e2e/outage.test.ts': 190,
  'test/chaos/chaos.test.ts': 140,
  'test/integration/postgres/explorer.test.ts': 120,
  'test/e2e/demo.test.ts': 90,
  'test/stack/supervisor.test.ts': 90,
  'test/stack/command.test.ts': 85,
  'test/e2e/upgrade.test.ts': 80,
  'test/integration/builder/hostile-recipe.test.ts': 72,
  'test/e2e/main-path.test.ts': 70,
  'test/redteam/stack.test.ts': 60,
  'test/e2e/bad-input.test.ts': 57,
  'test/redteam/import.test.ts': 42,
  'test/integration/kafka/sasl-ssl.test.ts': 37,
  'test/integration/postgres/key-rotation.test.ts': 37,
  'test/redteam/flood.test.ts': 33,
  'test/workflow/artifact-pipeline.test.ts': 31,
  'test/unit/adapters/sbom/schema.test.ts': 28,
  'test/unit/adapters/sbom/round-trip.test.ts': 24,
  'test/integration/builder/command-builder.test.ts': 24,
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
