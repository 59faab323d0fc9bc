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

/**
 * Beside each other: whole stacks, which mostly wait for something, and what works all the time. Each lane runs two test files
 * at a time.
 */
const lanes: readonly (readonly string[])[] = [
  ['lint', 'unit', 'workflow', 'integration', 'gateway'],
  ['stack', 'redteam', 'e2e'],
];
const parts = lanes.flat();
/** Files named at the end, with their time. */
const SLOWEST = 20;
/** Characters of an error that are told at the end; the whole of it stands where the test ran. */
const LONGEST_ERROR = 2000;

interface Counts {
  passed: number;
  /** What failed, and how it was told. */
  readonly failed: string[];
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
  const counts: Counts = { passed: 0, failed: [], skipped: new Map() };
  const folder = openRunFolder();
  const chosenOf = (lane: readonly string[]) => lane.filter((part) => chosen.includes(part));
  // All of them to their ends: what one has started is stopped also where another fails.
  const ended = await Promise.allSettled(lanes.map((lane) => runLane(chosenOf(lane), counts)));
  printSlowest(ended.flatMap((lane) => (lane.status === 'fulfilled' ? lane.value : [])));
  const left = folder.close();
  if (left.length === 0) counts.passed += 1;
  else counts.failed.push(`left in the temporary folder: ${left.join(', ')}`);
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
  for (const [reason, count] of counts.skipped) process.stdout.write(`skipped ${count}: ${reason}\n`);
  for (const failure of counts.failed) process.stdout.write(`failed: ${failure}\n`);
  const skipped = [...counts.skipped.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `${counts.passed} passed, ${counts.failed.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`,
  );
  return counts.failed.length === 0 ? 0 : 1;
}

/** Lint first where it is of this lane, then one vitest for its projects. All lanes share the servers of test/infra.ts. */
async function runLane(lane: readonly string[], counts: Counts): Promise<readonly TestModule[]> {
  if (lane.includes('lint')) {
    for (const { tool, passed } of await lint()) {
      if (passed) counts.passed += 1;
      else counts.failed.push(`lint: ${tool}; its output is above`);
    }
  }
  const project = lane.filter((part) => part !== 'lint');
  if (project.length === 0) return [];
  // A summary that is drawn over and over has no place where two of them write.
  const reporters: [['default', { summary: boolean }]] = [['default', { summary: false }]];
  const vitest = await startVitest('test', [], { project, reporters, run: true, watch: false });
  const modules = vitest.state.getTestModules();
  for (const module of modules) countModule(module, counts);
  // Errors outside of any test: a rejection nobody awaited, servers that did not start.
  for (const error of vitest.state.getUnhandledErrors())
    counts.failed.push(`outside of any test: ${error instanceof Error ? error.message : String(error)}`);
  if (modules.length === 0) counts.failed.push(`no test file was found of ${project.join(', ')}`);
  await vitest.close();
  return modules;
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
  const tell = (title: string, errors: readonly { message: string }[] | undefined) =>
    counts.failed.push(
      [
        `${module.relativeModuleId}${title}`,
        ...(errors ?? []).map(({ message }) => message.slice(0, LONGEST_ERROR)),
      ].join('\n    '),
    );
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    if (state === 'passed') counts.passed += 1;
    else if (state === 'skipped') count(counts.skipped, reasonFor(test, module));
    else {
      failures += 1;
      tell(` > ${test.fullName}`, errors);
    }
  }
  if (failures === 0 && !module.ok()) tell('', module.errors());
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
