/** A repository, a folder for builds and a builder, for recipes that mean no good. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CommandBuilderOptions,
  createCommandBuilder,
  defaultBuildUser,
} from '../../../adapters/builder/command-builder.ts';
import type { FinishedBuild } from '../../../domain/building/builder.ts';
import { createSignedRepository, toolPath } from './signed-repository.ts';

export interface Recipe {
  /** Run by sh. */
  readonly script: string;
  readonly phase?: 'fetch' | 'build';
  readonly timeout?: string;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly finished?: FinishedBuild;
  readonly error?: Error & { readonly code?: string };
  /** What was printed, without the commands. */
  readonly lines: readonly string[];
}

export interface RecipeStage extends AsyncDisposable {
  readonly workFolder: string;
  /** Commits the recipe and has it built. */
  run(recipe: Recipe, options?: Partial<CommandBuilderOptions>): Promise<Outcome>;
}

export async function createRecipeStage(): Promise<RecipeStage> {
  const repository = await createSignedRepository();
  const workFolder = await mkdtemp(path.join(tmpdir(), 'pratique-hostile-'));
  return {
    workFolder,
    async run({ script, phase = 'build', timeout = 'PT1M', files = {} }, options = {}) {
      const command = `[[sh, -c, ${JSON.stringify(script)}]]`;
      const text = phase === 'build' ? `build: ${command}\n` : `fetch: ${command}\nbuild: [["true"]]\n`;
      const commit = await repository.commit({
        ...files,
        'pratique.build.yaml': `${text}output: out\ntimeout: ${timeout}\n`,
      });
      const builder = createCommandBuilder({
        ...{ workFolder, path: toolPath, trust: { allowedSigners: repository.allowedSigners } },
        ...{ localRepositories: [repository.folder], fetchEnvironment: {}, hidden: [] },
        ...{ user: defaultBuildUser, maximumSeconds: 120 },
        ...options,
      });
      const lines: string[] = [];
      const progress = (line: string) => void (line.startsWith('$ ') || lines.push(line));
      const source = { repository: repository.folder, commit };
      return builder.build(source, { signal: new AbortController().signal, progress }).then(
        (finished) => ({ finished, lines }),
        (error: Error) => ({ error, lines }),
      );
    },
    async [Symbol.asyncDispose]() {
      await repository[Symbol.asyncDispose]();
      await rm(workFolder, { recursive: true, force: true });
    },
  };
}

/** Command lines of the machine's processes that hold `mark`. */
export async function processesWith(mark: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.startsWith('sleep') && line.includes(mark));
}
