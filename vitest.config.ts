import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** Starts the servers of `infra/dev` once per run; see test/infra.ts. */
const globalSetup = ['test/infra.ts'];
/** kafkajs asks for timers in the past; Node 24 warns about each. */
const execArgv = ['--disable-warning=TimeoutNegativeWarning'];
/**
 * Times after which something is said to hang, never what it ought to take: a machine with other work on it needs several
 * times as long as a quiet one.
 */
const patience = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };
const everywhere = { ...patience, execArgv, setupFiles: ['test/clean-up.ts'], maxWorkers: 2 };

/**
 * Two test files of a lane at a time (test/run.ts has the lanes). `groupOrder`: in one lane, the quick projects first; those
 * that start whole stacks together, so that no file waits for another project's last.
 */
const stacks = { ...everywhere, globalSetup, testTimeout: 900_000, hookTimeout: 600_000, sequence: { groupOrder: 4 } };

const gateway = 'test/integration/gateway/**/*.test.ts';

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...everywhere,
          name: 'unit',
          setupFiles: ['test/yield.ts', ...everywhere.setupFiles],
          include: ['test/unit/**/*.test.ts'],
          // Nothing of the product is kept in modules: loading them once for many files is half of the time.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts', 'test/replay/**/*.test.ts'],
          globalSetup: [...globalSetup, 'test/workflow/bundle-setup.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'integration',
          // As units. Workflows are not: what stands for OpenTelemetry is of the whole process.
          isolate: false,
          include: ['test/integration/**/*.test.ts', 'test/cli/**/*.test.ts'],
          exclude: [gateway],
          globalSetup,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'gateway',
          // A request that is injected never closes: what waits for its body would go off in another file.
          isolate: true,
          include: [gateway],
          globalSetup,
          sequence: { groupOrder: 3 },
        },
      },
      { test: { ...stacks, name: 'redteam', include: ['test/redteam/**/*.test.ts'] } },
      { test: { ...stacks, name: 'e2e', include: ['test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'] } },
      {
        test: {
          ...stacks,
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          // They kill what they started, and wait for what is to come of it: one at a time, last, when the machine is calm.
          maxWorkers: 1,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
