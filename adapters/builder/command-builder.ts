/** Builds by the commands a repository's recipe names, from a commit whose signature was verified. SLSA Build L1. */
import { chown, lchown, lutimes, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Builder, FinishedBuild, SourceCommit, VerifiedCommit } from '../../domain/building/builder.ts';
import { BuildError } from '../../domain/building/builder.ts';
import { judgeInputs } from '../../domain/building/pinned-inputs/judge-inputs.ts';
import { parseRecipe, type Recipe, recipeMaxBytes, recipePath } from '../../domain/building/recipe.ts';
import { createTurns } from '../concurrency/turns.ts';
import { exportTree } from '../git/export-tree.ts';
import { fetchCommit } from '../git/fetch-commit.ts';
import { defaultGitLimits, type GitFolder, type GitOptions, runGit } from '../git/git.ts';
import { type CommitTrust, verifyCommit } from '../git/verify-commit.ts';
import { type BuildLog, createBuildLog } from './build-log.ts';
import { readLayout } from './read-layout.ts';
import { createRecipeRun } from './recipe-run.ts';
import { type BuildUser, createSandbox, type Sandbox } from './sandbox.ts';
import { secretsOf } from './secrets-of.ts';
import { createWorkspace, removeWorkspace, type Workspace } from './workspace.ts';

export interface CommandBuilderOptions {
  /** Folder for nothing but builds, each of which gets one in it and sees no other. Where we are root, every folder above must let other users through. */
  readonly workFolder: string;
  /** `PATH` of git and of the recipe's commands: nothing else is found. */
  readonly path: string;
  readonly trust: CommitTrust;
  /** Absolute paths of Git repositories on this machine that may be built. */
  readonly localRepositories: readonly string[];
  /** Hosts that sources may come from; unset, any. */
  readonly gitHosts?: readonly string[];
  /** What `fetch:` commands get on top of the clean environment: a package client's registry and its like. */
  readonly fetchEnvironment: Readonly<Record<string, string>>;
  /** Kept between builds for package clients in `fetch:`; unseen in `build:`. It must hold only what is checked by hash. */
  readonly cacheFolder?: string;
  /** Files and folders no recipe may see: keys, state, tokens. */
  readonly hidden: readonly string[];
  /** Whom recipes run as where we are root. */
  readonly user: BuildUser;
  /** No recipe runs longer, whatever its timeout says. Seconds. */
  readonly maximumSeconds: number;
  /** Where the end of a failed recipe's log is kept, for this user alone; nowhere if absent. */
  readonly logFolder?: string;
  /** What source, inputs and output may take on disk together. Default: 32 GiB. */
  readonly maximumBytes?: number;
}

/** Not 65534: that is `nobody`, whom other programs run as, and whose files a recipe could then read. */
export const defaultBuildUser: BuildUser = { uid: 65_533, gid: 65_533 };

/** Of source, inputs and output together. */
const MAX_WORKSPACE_BYTES = 32 * 1024 ** 3;
/** Of a lockfile that says what is fetched. */
const MAX_LOCKFILE_BYTES = 64 * 1024 ** 2;

export function createCommandBuilder(options: CommandBuilderOptions): Builder {
  let sandbox: Promise<Sandbox> | undefined;
  const takeTurn = createTurns(1);
  const seen = [...options.path.split(':'), ...Object.values(options.fetchEnvironment), options.cacheFolder ?? ''];
  return {
    async build(source, { signal, progress }) {
      sandbox ??= createSandbox(options.user, seen);
      const built = await sandbox;
      const act = () => buildIn(built, source, { options, signal, progress });
      // What ends the processes one recipe left ends every process of the user they share.
      return built.sweep === undefined ? act() : takeTurn(act, signal);
    },
  };
}

async function buildIn(
  sandbox: Sandbox,
  source: SourceCommit,
  { options, signal, progress }: Pick<Run, 'options' | 'signal'> & { readonly progress: (line: string) => void },
): Promise<FinishedBuild> {
  const place = await createWorkspace(options.workFolder);
  const log = createBuildLog(progress, secretsOf(options.fetchEnvironment));
  try {
    return await build(source, { options, signal, place, log, sandbox });
  } catch (error) {
    // What can not be removed is less than what went wrong.
    await removeWorkspace(place.workspace).catch(() => undefined);
    throw await withLog(error, log, place, options);
  }
}

/**
 * What a recipe printed does not travel in an error, which ends up in histories, rows and events: the end of it is kept on the
 * machine that built, and the error says where.
 */
async function withLog(error: unknown, log: BuildLog, place: Workspace, { logFolder }: CommandBuilderOptions) {
  if (logFolder === undefined || !(error instanceof BuildError) || log.tail() === '') return error;
  const file = path.join(logFolder, `${path.basename(place.workspace)}.log`);
  await mkdir(logFolder, { recursive: true, mode: 0o700 });
  await writeFile(file, log.tail(), { mode: 0o600 });
  return new BuildError(error.code, `${error.message}; the end of its log is in ${file} on the machine that built`, {
    cause: error,
  });
}

interface Run {
  readonly options: CommandBuilderOptions;
  readonly signal: AbortSignal;
  readonly place: Workspace;
  readonly log: BuildLog;
  readonly sandbox: Sandbox;
}

async function build(wanted: SourceCommit, run: Run): Promise<FinishedBuild> {
  const { options, place, sandbox, log, signal } = run;
  const startedOn = new Date().toISOString();
  const git: GitOptions = { path: options.path, limits: defaultGitLimits, signal };
  const gitFolder = path.join(place.workspace, 'git');
  const folder = await fetchCommit(wanted, gitFolder, { ...options, ...git });
  const source = await verifyCommit(folder, wanted, options.trust, git);
  const recipe = await readRecipe(folder, source, git);
  await exportTree(folder, source, place.source, git);
  await rm(gitFolder, { recursive: true, force: true });
  await handOver(place.work, sandbox.owner, source.committedAt);
  const inputs = await judgeInputs(recipe.fetch, (file) => readSource(place.source, file));
  if (!inputs.byHash) log.write(Buffer.from(`(not all that is fetched is checked by hash: ${inputs.why})\n`));
  const toolchain = await runRecipe(recipe, source, run);
  // From here on the recipe's user has nothing more to say about what is read and pushed.
  if (sandbox.owner !== undefined) await chown(place.work, 0, 0);
  const layout = path.join(place.source, recipe.output);
  const top = await readLayout(layout, place.source);
  return {
    source,
    layout,
    workspace: place.workspace,
    digest: top.digest,
    mediaType: top.mediaType,
    toolchain,
    startedOn,
    finishedOn: new Date().toISOString(),
    logTail: log.tail(),
    isolation: sandbox.isolation,
    hermetic: sandbox.isolation.network && recipe.fetch.length === 0,
    // Where a build can reach the network, what it fetches there is checked by nobody.
    inputsByHash: sandbox.isolation.network && inputs.byHash,
  };
}

/** Toolchain first: a version that cannot be asked for fails before the work, not after. */
async function runRecipe(recipe: Recipe, source: VerifiedCommit, run: Run): Promise<Record<string, string>> {
  const { options, place, sandbox, log, signal } = run;
  if (options.cacheFolder !== undefined) await prepareCache(options.cacheFolder, sandbox.owner);
  const seconds = Math.min(recipe.timeout, options.maximumSeconds);
  const commands = createRecipeRun({
    ...options,
    hidden: [...options.hidden, options.workFolder],
    workspace: place.work,
    root: place.root,
    maxBytes: options.maximumBytes ?? MAX_WORKSPACE_BYTES,
    sandbox,
    log,
    signal,
    seconds,
    epoch: source.committedAt,
  });
  for (const [at, command] of recipe.fetch.entries()) await commands.run('fetch', at, command);
  const toolchain: Record<string, string> = {};
  for (const [tool, command] of Object.entries(recipe.toolchain)) toolchain[tool] = await commands.ask(tool, command);
  for (const [at, command] of recipe.build.entries()) await commands.run('build', at, command);
  return toolchain;
}

/** From the commit itself, not from the files: a link or a filter cannot put another recipe in its place. */
async function readRecipe(folder: GitFolder, source: VerifiedCommit, git: GitOptions): Promise<Recipe> {
  const outcome = await runGit(folder, ['cat-file', 'blob', `${source.commit}:${recipePath}`], git);
  const where = `${source.repository}: commit ${source.commit}`;
  if (outcome.exit !== 0) throw new BuildError('RECIPE_MISSING', `${where} has no ${recipePath} at its root`);
  if (outcome.stdout.length > recipeMaxBytes)
    throw new BuildError('RECIPE_INVALID', `${where}: ${recipePath} is larger than ${recipeMaxBytes} bytes`);
  return parseRecipe(outcome.stdout.toString('utf8'));
}

/** A file of the tree as it was checked out, before anything ran in it; undefined where there is none, or a link in its place. */
async function readSource(root: string, file: string): Promise<string | undefined> {
  const resolved = path.resolve(root, file);
  if (!resolved.startsWith(`${root}${path.sep}`) || (await realpath(resolved).catch(() => '')) !== resolved)
    return undefined;
  const { size } = await stat(resolved);
  return size > MAX_LOCKFILE_BYTES ? undefined : await readFile(resolved, 'utf8').catch(() => undefined);
}

/** Gives the tree to the recipe's user, with the commit's time on every file: a recipe that reads times reads the same ones. */
async function handOver(folder: string, owner: BuildUser | undefined, epoch: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await handOver(file, owner, epoch);
    else await settle(file, owner, epoch);
  }
  await settle(folder, owner, epoch);
}

async function settle(file: string, owner: BuildUser | undefined, epoch: number): Promise<void> {
  if (owner !== undefined) await lchown(file, owner.uid, owner.gid);
  await lutimes(file, epoch, epoch);
}

async function prepareCache(folder: string, owner: BuildUser | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
}
