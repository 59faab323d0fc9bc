/**
 * `npm test`: lint, then every test; `--only unit,workflow` runs some of it. Its last line counts test cases, each lint
 * tool being one, and so is that nothing was left in the temporary folder: `N passed, N failed`, with `, N skipped` where some were; why is said above it.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startVitest, type TestCase, type TestModule } from 'vitest/node';
import { isTestDataThere } from './fixtures/test-data.ts';
import { openRunFolder } from './leftovers.ts';
import { lint } from './lint.ts';

const projects = ['unit', 'workflow', 'integration', 'stack', 'redteam', 'e2e'];
const parts = ['lint', ...projects];
/** Files named at the end, with their time. */
const SLOWEST = 15;

interface Counts {
  passed: number;
  failed: number;
  /** Why, and how many for that reason. */
  readonly skipped: Map<string, number>;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const chosen = values.only?.split(',') ?? parts;
  const unknown = chosen.filter((part) => !parts.includes(part));
  if (unknown.length > 0) {
    process.stderr.write(`--only: no such part: ${unknown.join(', ')}; there are ${parts.join(', ')}\n`);
    return 2;
  }
  const counts: Counts = { passed: 0, failed: 0, skipped: new Map() };
  if (chosen.includes('lint')) for (const { passed } of await lint()) counts[passed ? 'passed' : 'failed'] += 1;
  const tested = projects.filter((project) => chosen.includes(project));
  if (tested.length > 0) {
    const folder = openRunFolder();
    await runTests(tested, counts);
    const left = folder.close();
    counts[left.length === 0 ? 'passed' : 'failed'] += 1;
    if (left.length > 0) process.stdout.write(`left in the temporary folder: ${left.join(', ')}\n`);
  }
  for (const [reason, count] of counts.skipped) process.stdout.write(`skipped ${count}: ${reason}\n`);
  const skipped = [...counts.skipped.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `${counts.passed} passed, ${counts.failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`,
  );
  return counts.failed === 0 ? 0 : 1;
}

/** One vitest for all projects, so that they share the servers of test/infra.ts. */
async function runTests(project: string[], counts: Counts): Promise<void> {
  const vitest = await startVitest('test', [], { project, run: true, watch: false });
  const modules = vitest.state.getTestModules();
  for (const module of modules) countModule(module, counts);
  printSlowest(modules);
  // Errors outside of any test: a rejection nobody awaited, servers that did not start.
  counts.failed += vitest.state.getUnhandledErrors().length;
  if (counts.passed + counts.failed === 0) counts.failed += 1;
  await vitest.close();
}

/** Where the time goes: what is worth making quicker first. */
function printSlowest(modules: readonly TestModule[]): void {
  const slowest = modules
    .map((module) => ({ file: module.relativeModuleId, seconds: module.diagnostic().duration / 1000 }))
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST);
  for (const { file, seconds } of slowest) process.stdout.write(`${seconds.toFixed(0).padStart(5)} s ${file}\n`);
}

/** A file that can not be loaded, or whose hooks fail, is a failure even where no test of it ran. */
function countModule(module: TestModule, counts: Counts): void {
  let failures = 0;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') counts.passed += 1;
    else if (state === 'skipped') count(counts.skipped, reasonFor(test, module));
    else failures += 1;
  }
  counts.failed += failures > 0 || module.ok() ? failures : 1;
}

function count(reasons: Map<string, number>, reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

/** The note given to `skip(note)`, else that the test data is not there, else the title: it says what it needs. */
function reasonFor(test: TestCase, module: TestModule): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  if (note !== undefined) return note;
  if (!isTestDataThere() && readFileSync(module.moduleId, 'utf8').includes('/test-data.ts'))
    return 'the public test data is not there; PRATIQUE_TEST_DATA names its folder';
  return `${module.relativeModuleId}: ${test.fullName}`;
}

process.exitCode = await main();
