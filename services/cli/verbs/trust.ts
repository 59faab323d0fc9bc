import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { RepositoryState } from '../../../adapters/tuf/repository.ts';
import { SIGSTORE_MIRROR } from '../../../adapters/tuf/sigstore-mirror.ts';
import { cacheFolder } from '../cache-folder.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { readUserFile } from '../signing-key.ts';
import { asTrustFailure } from '../trust-failure.ts';
import { openTuf, parseMirror } from '../tuf-options.ts';
import type { Verb, VerbContext } from '../verb.ts';

interface MirrorOptions {
  readonly mirror: string;
  readonly json?: boolean;
}

const HELP = `
A repository of The Update Framework says which certificate authorities, logs and timestamp authorities count now, and which keys say
so next. What was fetched and verified is kept in the cache folder, and is of use offline until it expires. Sigstore's public mirror
is known; of any other the root to begin with is given once, from a source you trust.
Exit code 1 where the mirror serves what must not be trusted (a rollback, an expired file, foreign keys), 3 where it cannot be reached.

Examples:
  pratique trust initialize --mirror https://tuf.example.com --root root.json --root-checksum 3f5a…
  pratique trust update
  pratique trust get trusted_root.json -o trusted_root.json
  pratique verify ghcr.io/acme/shop:1.0 --tuf-mirror https://tuf.example.com \\
    --certificate-identity release@example.com --certificate-oidc-issuer https://accounts.example.com`;

/** `pratique trust`: the trusted root, from a repository of The Update Framework. */
export const verb: Verb = {
  define(command, context) {
    command.addHelpText('after', HELP);
    defineInitialize(command.command('initialize'), context);
    addMirror(command.command('update'))
      .description('Ask the mirror for what is new, and say what is trusted')
      .action(async (options: MirrorOptions) =>
        end(context, async ({ io }) => {
          const client = await openTuf(options.mirror, undefined, io);
          show((await client.update(['trusted_root.json'])).state, options, io);
        }),
      );
    defineGet(command.command('get'), context);
  },
};

function addMirror(command: Command): Command {
  return command
    .addOption(
      new Option('--mirror <url>', 'the TUF repository')
        .argParser(parseMirror)
        .default(SIGSTORE_MIRROR)
        .env('PRATIQUE_TUF_MIRROR'),
    )
    .addOption(new Option('--json', 'as JSON, errors too').env('PRATIQUE_JSON'));
}

function defineInitialize(command: Command, context: VerbContext): void {
  addMirror(command)
    .description('Name the root to begin with at a mirror, and ask it once')
    .addOption(new Option('--root <file>', 'root.json, from a source you trust').env('PRATIQUE_TUF_ROOT'))
    .addOption(new Option('--root-checksum <sha256>', 'what that file must be'))
    .action(async (options: MirrorOptions & { readonly root?: string; readonly rootChecksum?: string }) =>
      end(context, async ({ io }) => {
        const { mirror, root: file, rootChecksum } = options;
        if (file === undefined)
          throw new CliError(exitCodes.usage, 'OPTIONS_INCOMPLETE', 'name the root to begin with: --root root.json');
        const root = await readUserFile(file, io);
        const found = createHash('sha256').update(root).digest('hex');
        if (rootChecksum !== undefined && rootChecksum.toLowerCase() !== found)
          throw new CliError(
            exitCodes.fail,
            'TUF_ROOT_INVALID',
            `${file} has the SHA-256 ${found}, not ${rootChecksum}`,
          );
        const { initializeTuf } = await import('../../../adapters/tuf/tuf-client.ts');
        const now = io.now ?? (() => new Date());
        const client = await initializeTuf({ mirror, root, cacheFolder: cacheFolder(io), now });
        show((await client.kept()).state, options, io);
      }),
    );
}

function defineGet(command: Command, context: VerbContext): void {
  addMirror(command)
    .description('Print a target that was signed: trusted_root.json, signing_config.v0.2.json')
    .argument('<target>', 'its name in the repository')
    .addOption(new Option('-o, --output <file>', 'write it there'))
    .addOption(new Option('--offline', 'ask nobody: what is kept, while it is valid'))
    .action(async (name: string, options: MirrorOptions & { readonly output?: string; readonly offline?: boolean }) =>
      end(context, async ({ io }) => {
        const client = await openTuf(options.mirror, undefined, io);
        const repository = options.offline === true ? await client.kept() : (await client.current([name])).repository;
        const bytes = Buffer.from(await repository.target(name));
        if (options.output === undefined) io.out.write(bytes.toString());
        else await writeFile(path.resolve(io.cwd, options.output), bytes);
      }),
    );
}

async function end(context: VerbContext, run: (context: VerbContext) => Promise<void>): Promise<void> {
  try {
    await run(context);
    context.done(exitCodes.pass);
  } catch (error) {
    throw asTrustFailure(error);
  }
}

function show(
  { versions, expires, checkedAt, names }: RepositoryState,
  { mirror, json }: MirrorOptions,
  io: CliIo,
): void {
  if (json === true) {
    io.out.write(`${JSON.stringify({ mirror, versions, expires, checkedAt, targets: names }, null, 2)}\n`);
    return;
  }
  const roles = Object.entries(versions).map(([role, version]) => `${role} ${version}`);
  io.out.write(
    `${mirror}: ${roles.join(', ')}\nvalid until ${expires.toISOString()}\n${names.map((name) => `  ${name}\n`).join('')}`,
  );
}
