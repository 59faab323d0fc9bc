/** The flags that name a trusted root: a file, or a mirror of The Update Framework that keeps it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TufClient } from '../../adapters/tuf/tuf-client.ts';
import { cacheFolder } from './cache-folder.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { readUserFile } from './signing-key.ts';

export interface TrustedRootOptions {
  readonly trustedRoot?: string;
  readonly tufMirror?: string;
  readonly tufRoot?: string;
  /** Nobody is asked: what is kept of the mirror is used as long as it is valid. */
  readonly offline?: boolean;
}

/** Targets of every Sigstore repository (sigstore/root-signing, targets/). */
const TRUSTED_ROOT = 'trusted_root.json';
const SIGNING_CONFIG = 'signing_config.v0.2.json';

export function parseMirror(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Expected an https address.');
}

export function addTufOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--tuf-mirror <url>', 'instead of --trusted-root: a TUF repository that keeps it').argParser(
        parseMirror,
      ),
    )
    .addOption(
      new Option(
        '--tuf-root <file>',
        'the root.json to begin with there (default: that of "pratique trust initialize")',
      ),
    );
}

/** Undefined where the options name none. Throws a CliError, KeyError or TufError. */
export async function readTrustedRoot(options: TrustedRootOptions, io: CliIo) {
  const { trustedRoot, tufMirror } = options;
  if (trustedRoot !== undefined && tufMirror !== undefined)
    throw new CliError(exitCodes.usage, 'OPTIONS_CONFLICT', '--trusted-root and --tuf-mirror exclude one another');
  const bytes = await (trustedRoot === undefined
    ? readTarget(options, TRUSTED_ROOT, io)
    : readUserFile(trustedRoot, io));
  if (bytes === undefined) return undefined;
  // With a key alone there is none.
  const { parseTrustRoot } = await import('../../adapters/sigstore/trust-root.ts');
  return parseTrustRoot(bytes, trustedRoot ?? `${TRUSTED_ROOT} of ${tufMirror}`);
}

/** The signing config that comes with the mirror's trusted root; undefined where no mirror is named. */
export async function readMirroredSigningConfig(options: TrustedRootOptions, io: CliIo) {
  return readTarget(options, SIGNING_CONFIG, io);
}

async function readTarget(options: TrustedRootOptions, name: string, io: CliIo): Promise<Uint8Array | undefined> {
  const { tufMirror, tufRoot, offline } = options;
  if (tufMirror === undefined) return undefined;
  const root = tufRoot === undefined ? undefined : await readUserFile(tufRoot, io);
  const client = await openTuf(tufMirror, root, io);
  if (offline === true) return (await client.kept()).target(name);
  const { repository, unreachable } = await client.current([name]);
  if (unreachable !== undefined)
    io.err.write(
      `${unreachable.message}: using what was fetched, valid until ${repository.state.expires.toISOString()}\n`,
    );
  return repository.target(name);
}

/** Loaded where it is asked for: `sign` and `verify` with a file need none of it. */
export async function openTuf(mirror: string, root: Uint8Array | undefined, io: CliIo): Promise<TufClient> {
  const { openTufClient } = await import('../../adapters/tuf/tuf-client.ts');
  return openTufClient({ mirror, root, cacheFolder: cacheFolder(io), now: io.now ?? (() => new Date()) });
}
