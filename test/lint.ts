/** `npm run lint`: every static check, two at a time, each with its time; all errors are printed. */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const clone = path.resolve(import.meta.dirname, '..');
const packages = path.join(clone, 'node_modules');
const folders = ['domain', 'workflows', 'activities', 'adapters', 'services', 'infra', 'test'];
/** What each finds, and how it is called, the program below node_modules; longest first, so that two lanes end together. */
const tools = [
  {
    name: 'tsc',
    finds: 'types',
    // The native compiler, on one thread as others run beside it; dependency-cruiser reads with the one that has an API.
    args: [
      'typescript-native/bin/tsc',
      '--singleThreaded',
      '--project',
      '.',
      '--incremental',
      '--tsBuildInfoFile',
      '.cache/tsc.tsbuildinfo',
    ],
  },
  {
    name: 'oxlint',
    finds: 'floating promises, switches that miss a case',
    args: ['.bin/oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives-severity', 'error'],
  },
  { name: 'dependency-cruiser', finds: 'imports against docs/architecture.md', args: ['.bin/depcruise', ...folders] },
  {
    name: 'knip',
    finds: 'unused files, exports, dependencies',
    args: ['.bin/knip', '--no-progress', '--treat-config-hints-as-errors'],
  },
  {
    name: 'biome',
    finds: 'format and lint',
    args: ['.bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=none'],
  },
] as const;
const LANES = 2;
/** nice(2): what runs beside it and waits for others (whole stacks, in `npm test`) goes first. */
const YIELDING = 10;

export interface LintResult {
  readonly tool: string;
  readonly passed: boolean;
}

/** Runs all tools, printing each as it ends. */
export async function lint(): Promise<readonly LintResult[]> {
  const waiting = [...tools];
  const results: LintResult[] = [];
  const lane = async () => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
      const started = performance.now();
      const { passed, output } = await run(tool.args);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(
        `${passed ? ' ✓' : ' ✗'} ${tool.name} (${tool.finds}) ${seconds} s\n${passed ? '' : output}`,
      );
      results.push({ tool: tool.name, passed });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

/** The tool's output is kept together; a tool that can not be started has failed. */
function run([program, ...args]: readonly string[]): Promise<{ passed: boolean; output: string }> {
  return new Promise((resolve) => {
    const output: Buffer[] = [];
    const child = spawn(path.join(packages, program ?? ''), args, {
      cwd: clone,
      env: { ...process.env, PATH: `${path.join(packages, '.bin')}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) setPriority(child.pid, YIELDING);
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => resolve({ passed: false, output: `${error.message}\n` }));
    child.on('close', (code) => resolve({ passed: code === 0, output: Buffer.concat(output).toString('utf8') }));
  });
}

if (import.meta.main) {
  const results = await lint();
  process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
}
