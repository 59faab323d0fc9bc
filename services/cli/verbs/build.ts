import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, stat } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { createCommandBuilder, defaultBuildUser } from '../../../adapters/builder/command-builder.ts';
import { pickFetchEnvironment } from '../../../adapters/builder/fetch-environment.ts';
import { type PublishedBuild, publishBuild } from '../../../adapters/builder/publish-build.ts';
import { removeWorkspace } from '../../../adapters/builder/workspace.ts';
import { parseReference } from '../../../domain/artifact/reference.ts';
import type { BuildSigner } from '../../../domain/building/build-signer.ts';
import { BuildError, type FinishedBuild, type SourceCommit } from '../../../domain/building/builder.ts';
import { createBuildEvent, postBuildEvent } from '../build-event.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { openRegistry } from '../open-registry.ts';
import { readUserFile } from '../signing-key.ts';
import { createSigningProcess } from '../signing-process.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';

interface BuildFlags {
  readonly to: string;
  readonly allowedSigners?: string;
  readonly gpgKeys?: string;
  readonly builderId: string;
  readonly builderHost: string;
  readonly key: string;
  readonly event?: string;
  readonly token?: string;
  readonly json?: boolean;
}

interface Target {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
}

const HELP = `
The commit carries its recipe, pratique.build.yaml:

  fetch:                                   # with the network
    - [npm, ci, --omit=dev, --ignore-scripts]
  build:                                   # without
    - [node, tools/oci-image.mjs, --output, out, --layer, "src:/app", --layer, "node_modules:/app/node_modules"]
  output: out                              # an OCI image layout
  toolchain: { node: [node, --version] }
  timeout: PT10M

Only commits signed by a key of --allowed-signers (ssh-keygen(1)) or --gpg-keys (armored) are built. The recipe runs with a clean
environment; as another user, without a network and seeing nothing of this machine but its programs, where the machine allows
it (Linux namespaces), and the result says whether it did. Provenance says that inputs were fetched by hash where every fetch
command is npm ci --ignore-scripts, pip with --require-hashes and --only-binary=:all:, or cargo fetch --locked. The key is opened by a process of its own, after the recipe has ended.
The passphrase of an encrypted key is read from PRATIQUE_KEY_PASSPHRASE or COSIGN_PASSWORD.

Examples:
  pratique build https://git.example.com/shop.git@4b825dc642cb6eb9a060e54bf8d69288fbee4904 --to localhost:5000/shop:1.0 \\
    --allowed-signers allowed_signers --builder-id https://ci.example.com/builder --key builder.key
  pratique build ./shop@$(git -C shop rev-parse HEAD) --to localhost:5000/shop:1.0 --allowed-signers allowed_signers \\
    --builder-id https://ci.example.com/builder --key builder.key --event http://localhost:8080/events`;

async function build(argument: string, flags: BuildFlags, io: CliIo): Promise<void> {
  const source = await parseSource(argument, io);
  const target = parseTarget(flags.to);
  if (flags.event !== undefined && !flags.token)
    throw usage(
      'TOKEN_MISSING',
      '--event needs --token or PRATIQUE_TOKEN: the gateway takes events only from known sources',
    );
  const buildFolder = await createBuildFolder();
  try {
    const { builderId, builderHost } = flags;
    const signer = createSigningProcess(flags.key, { builderId, builderHost, buildFolder }, io);
    await signer.check();
    const finished = await runBuild(source, buildFolder, flags, io);
    const published = await publish(finished, target, signer, io);
    await announce(finished, published, target, flags, io);
    report(finished, published, target, flags, io);
  } finally {
    await removeWorkspace(buildFolder).catch(() => {
      io.err.write(`warning: ${buildFolder} could not be removed; remove it by hand\n`);
    });
  }
}

/** Of this run alone: layouts wait there for their signature. The recipe's user may pass through, and list nothing. */
async function createBuildFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-builds-'));
  await chmod(folder, 0o711);
  return folder;
}

async function runBuild(
  source: SourceCommit,
  buildFolder: string,
  flags: BuildFlags,
  io: CliIo,
): Promise<FinishedBuild> {
  const read = async (file: string) => (await readUserFile(file, io)).toString('utf8');
  if (flags.allowedSigners === undefined && flags.gpgKeys === undefined)
    throw usage('SIGNERS_MISSING', 'say whose commits are built: --allowed-signers FILE, or --gpg-keys FILE');
  const searched = io.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  const builder = createCommandBuilder({
    workFolder: buildFolder,
    path: searched,
    trust: {
      ...(flags.allowedSigners === undefined ? {} : { allowedSigners: await read(flags.allowedSigners) }),
      ...(flags.gpgKeys === undefined ? {} : { gpgKeys: [await read(flags.gpgKeys)] }),
    },
    localRepositories: source.repository.startsWith('/') ? [source.repository] : [],
    fetchEnvironment: pickFetchEnvironment(io.env),
    hidden: [path.resolve(io.cwd, flags.key), ...hiddenHome(searched)],
    user: defaultBuildUser,
    maximumSeconds: 7200,
  });
  const finished = await builder.build(source, {
    signal: io.signal,
    progress: (line) => void io.err.write(`  ${line}\n`),
  });
  const { isolation, source: commit } = finished;
  io.err.write(`built ${finished.digest} from ${commit.commit}, signed by ${commit.signedBy}\n`);
  if (!isolation?.network) io.err.write('warning: this machine gives no namespaces, so the recipe had a network\n');
  if (!isolation?.namespaces)
    io.err.write(
      "warning: the recipe saw this machine's processes and files: the provenance claims SLSA Build level 1\n",
    );
  if (!isolation?.user)
    io.err.write('warning: the recipe ran as this user and could read what this user can, where it saw it\n');
  return finished;
}

/** The user's keys and tokens lie under their home; where the tools do too, it has to stay in sight. */
function hiddenHome(searched: string): string[] {
  const home = homedir();
  return searched.split(':').some((folder) => folder === home || folder.startsWith(`${home}/`)) ? [] : [home];
}

async function publish(
  finished: FinishedBuild,
  target: Target,
  buildSigner: BuildSigner,
  io: CliIo,
): Promise<PublishedBuild> {
  const published = await publishBuild({
    finished,
    registry: await openRegistry(target.registry, io),
    repository: target.repository,
    ...(target.tag === undefined ? {} : { tag: target.tag }),
    buildSigner,
    invocationId: `urn:uuid:${randomUUID()}`,
  });
  io.err.write(`pushed ${nameOf(target)}, with the builder's signature and provenance\n`);
  return published;
}

async function announce(
  finished: FinishedBuild,
  published: PublishedBuild,
  target: Target,
  flags: BuildFlags,
  io: CliIo,
): Promise<void> {
  if (flags.event === undefined) return;
  const event = createBuildEvent({ finished, published, ...target, ...flags });
  await postBuildEvent(event, { url: flags.event, token: flags.token ?? '' }, io.signal);
  io.err.write(`told ${flags.event}\n`);
}

function report(
  finished: FinishedBuild,
  published: PublishedBuild,
  target: Target,
  flags: BuildFlags,
  io: CliIo,
): void {
  const { digest } = published.descriptor;
  if (!flags.json) return void io.out.write(`${target.registry}/${target.repository}@${digest}\n`);
  const { source, toolchain, isolation, startedOn, finishedOn } = finished;
  const { registry, repository, tag } = target;
  const result = { registry, repository, tag, digest, source, toolchain, isolation, startedOn, finishedOn };
  io.out.write(`${JSON.stringify({ ...result, evidence: published.evidence })}\n`);
}

/** `<git>@<commit>`: the last @ parts them, because ssh addresses have one of their own. A folder is named as it is on this machine. */
async function parseSource(argument: string, io: CliIo): Promise<SourceCommit> {
  const at = argument.lastIndexOf('@');
  const [repository, commit] = [argument.slice(0, Math.max(0, at)), argument.slice(at + 1)];
  if (repository === '' || !/^[0-9a-f]+$/.test(commit))
    throw usage('SOURCE_INVALID', `${argument}: expected <git>@<commit>, with the full commit id (git rev-parse HEAD)`);
  const folder = path.resolve(io.cwd, repository);
  const isLocal = !repository.includes(':') && (await stat(folder).catch(() => undefined))?.isDirectory();
  return { repository: isLocal ? folder : repository, commit };
}

function parseTarget(text: string): Target {
  const hint = 'For example --to localhost:5000/shop:1.0';
  try {
    const { registry, repository, tag, digest } = parseReference(text);
    if (registry === undefined) throw new TypeError(`"${text}" names no registry`);
    if (digest !== undefined) throw new TypeError(`"${text}": the digest is what the build gives`);
    return { registry, repository, ...(tag === undefined ? {} : { tag }) };
  } catch (cause) {
    throw new CliError(exitCodes.usage, 'TARGET_INVALID', `--to: ${(cause as Error).message}`, { cause, hint });
  }
}

function nameOf({ registry, repository, tag }: Target): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`;
}

function usage(code: string, message: string): CliError {
  return new CliError(exitCodes.usage, code, message);
}

/** A commit that may not be built is a refusal (1), a recipe that cannot be read is usage (2), the rest infrastructure (3). */
function asBuildFailure(error: unknown): unknown {
  if (!(error instanceof BuildError)) return asTrustFailure(error);
  const fail = (exit: 1 | 2 | 3) => new CliError(exit, error.code, error.message, { cause: error });
  switch (error.code) {
    case 'COMMIT_UNSIGNED':
    case 'COMMIT_SIGNATURE_UNTRUSTED':
    case 'RECIPE_FAILED':
    case 'RECIPE_OVER_LIMIT':
    case 'OUTPUT_INVALID':
    case 'SIGNER_REFUSED':
      return fail(exitCodes.fail);
    case 'SOURCE_TRANSPORT_REFUSED':
    case 'COMMIT_MISSING':
    case 'RECIPE_MISSING':
    case 'RECIPE_INVALID':
    case 'BUILD_PLACE':
      return fail(exitCodes.usage);
    case 'SOURCE_UNREACHABLE':
    case 'RECIPE_TIMEOUT':
    case 'SIGNER_UNREACHABLE':
      return fail(exitCodes.infrastructure);
  }
}

/** `pratique build`: from a signed commit to a signed image with provenance. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument('<git@commit>', 'repository (https, ssh or a folder) and the full commit id')
      .requiredOption('--to <image>', '<registry>/<repository>[:<tag>] to push to')
      .option('--allowed-signers <file>', 'SSH keys whose commits are built')
      .option('--gpg-keys <file>', 'OpenPGP keys whose commits are built')
      .requiredOption('--builder-id <uri>', 'who builds, as the policy names it')
      .addOption(
        new Option('--builder-host <name>', 'the machine that builds').default(hostname(), "this machine's name"),
      )
      .requiredOption('--key <file>', "the builder's private key: PEM, or cosign's encrypted key file")
      .option('--event <url>', "the gateway's events address, told when the build is pushed")
      .option('--token <token>', 'its API token; better in the environment, where no process list shows it')
      .option('--json', 'print the result as JSON')
      .addHelpText('after', HELP)
      .action(async (argument: string, flags: BuildFlags) => {
        try {
          await build(argument, flags, io);
          done(exitCodes.pass);
        } catch (error) {
          throw asBuildFailure(error);
        }
      });
  },
};
