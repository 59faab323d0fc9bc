import path from 'node:path';
import { BuildError } from '../../domain/building/builder.ts';
import type { Command } from '../../domain/building/recipe.ts';
import { type ProcessOutcome, runProcess } from '../git/run-process.ts';
import type { BuildLog } from './build-log.ts';
import { watchDisk } from './disk-watch.ts';
import { fetchEnvironmentOf, openWayOut } from './fetch-way-out.ts';
import type { Sandbox } from './sandbox.ts';

export interface RecipeRunOptions {
  readonly workspace: string;
  /** An empty folder of ours, where a sandbox puts a root together. */
  readonly root: string;
  readonly sandbox: Sandbox;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
  readonly path: string;
  readonly fetchEnvironment: Readonly<Record<string, string>>;
  readonly cacheFolder?: string;
  readonly hidden: readonly string[];
  /** For all commands together. */
  readonly seconds: number;
  /** Of what the workspace may take on disk, for all commands together. */
  readonly maxBytes: number;
  /** SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/): Unix seconds. */
  readonly epoch: number;
}

/** The commands of one recipe, run one after the other under one deadline. */
export interface RecipeRun {
  /** Throws BuildError RECIPE_FAILED or RECIPE_TIMEOUT. */
  run(phase: 'fetch' | 'build', at: number, command: Command): Promise<void>;
  /** The first line `command` prints, at most 200 characters. */
  ask(tool: string, command: Command): Promise<string>;
}

type Phase = 'fetch' | 'build' | 'toolchain';

/** Bytes one command may print: to the log, and where its output is an answer. */
const MAX_LOG = 64 * 1024 ** 2;
const MAX_ANSWER = 64 * 1024;

export function createRecipeRun(options: RecipeRunOptions): RecipeRun {
  const deadline = performance.now() + options.seconds * 1000;
  const start = async (phase: Phase, command: Command, log?: (chunk: Buffer) => void): Promise<ProcessOutcome> => {
    const disk = watchDisk(options.workspace, options.maxBytes);
    const wayOut = phase === 'fetch' ? await openWayOut(options) : undefined;
    const argv = options.sandbox.wrap(command, {
      workspace: options.workspace,
      root: options.root,
      network: phase === 'fetch' && wayOut === undefined,
      ...(wayOut === undefined ? {} : { wayOut: wayOut.socket }),
      path: options.path,
      writable: phase === 'fetch' ? caches(options) : [],
      hidden: phase === 'fetch' ? options.hidden : [...options.hidden, ...caches(options)],
    });
    const limits = { timeoutMs: Math.max(1, deadline - performance.now()), signal: options.signal };
    try {
      const outcome = await runProcess(argv, {
        ...limits,
        ...{ cwd: '/', env: environment(phase, options), maxOutput: log === undefined ? MAX_ANSWER : MAX_LOG },
        signal: AbortSignal.any([options.signal, disk.full]),
        ...(log === undefined ? {} : { watch: log }),
      });
      if (disk.full.aborted) throw disk.full.reason;
      // Between two looks a command can write, and end.
      if (outcome.ended === 'exited') await disk.check();
      return outcome;
    } finally {
      disk.stop();
      await sweep(options);
      await wayOut?.close();
    }
  };
  return {
    async run(phase, at, command) {
      options.log.write(Buffer.from(`$ ${command.join(' ')}\n`));
      const outcome = await start(phase, command, options.log.write);
      options.log.flush();
      settle(outcome, `${phase} command ${at + 1} (${shown(command)})`, options);
    },
    async ask(tool, command) {
      const outcome = await start('toolchain', command);
      settle(outcome, `toolchain command for ${tool} (${shown(command)})`, options);
      return (outcome.stdout.toString('utf8').split('\n')[0] ?? '').trim().slice(0, 200);
    },
  };
}

/** What a command left running ends with it. A process tree of its own did that already. */
async function sweep({ sandbox }: RecipeRunOptions): Promise<void> {
  if (sandbox.sweep === undefined) return;
  const signal = AbortSignal.timeout(10_000);
  await runProcess(sandbox.sweep, { cwd: '/', env: {}, timeoutMs: 10_000, maxOutput: 1024, signal });
}

/** Nothing of ours is inherited. The paths are those inside the sandbox. */
function environment(phase: Phase, options: RecipeRunOptions): Record<string, string> {
  const view = options.sandbox.viewOf(options.workspace);
  const cache = phase === 'fetch' ? options.cacheFolder : undefined;
  return {
    PATH: options.path,
    HOME: path.join(view, 'home'),
    TMPDIR: path.join(view, 'tmp'),
    LANG: 'C',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: String(options.epoch),
    ...(cache === undefined
      ? {}
      : {
          XDG_CACHE_HOME: cache,
          npm_config_cache: path.join(cache, 'npm'),
          PIP_CACHE_DIR: path.join(cache, 'pip'),
        }),
    ...(phase === 'fetch' ? fetchEnvironmentOf(options) : {}),
  };
}

function caches(options: RecipeRunOptions): string[] {
  return options.cacheFolder === undefined ? [] : [options.cacheFolder];
}

function settle(outcome: ProcessOutcome, what: string, options: RecipeRunOptions): void {
  switch (outcome.ended) {
    case 'aborted':
      throw options.signal.reason;
    case 'timeout':
      throw new BuildError(
        'RECIPE_TIMEOUT',
        `${what} was still running after the recipe's ${options.seconds} s; raise "timeout", or find out what it waits for`,
      );
    case 'output-limit':
      throw new BuildError(
        'RECIPE_OVER_LIMIT',
        `${what} printed more than it may: ${MAX_LOG} bytes, or ${MAX_ANSWER} where the output is an answer`,
      );
    case 'exited':
      if (outcome.exit === 0) return;
      throw new BuildError('RECIPE_FAILED', `${what} ended with ${outcome.exit ?? 'a signal'}`);
  }
}

/** The program alone: its arguments are the repository's text. */
function shown(command: Command): string {
  return JSON.stringify((command[0] ?? '').slice(0, 120));
}
