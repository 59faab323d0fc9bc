import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { attachBundle } from '../../adapters/sigstore/attach-bundle.ts';
import { CliError } from './cli-error.ts';
import type { DualSigningOptions } from './dual-signing.ts';
import type { EvidenceTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { sourceDate } from './source-date.ts';
import { writeOutput } from './write-output.ts';

/**
 * Brings a signed bundle where it belongs: to a file where `--bundle` names one, and to the image's registry. Says on stderr what
 * it did, and writes the digest of the attached manifest to stdout.
 */
export async function publishBundle(
  target: EvidenceTarget,
  bundle: Uint8Array,
  predicateType: string,
  bundleFile: string | undefined,
  io: CliIo,
): Promise<void> {
  if (bundleFile !== undefined) {
    await writeOutput([Buffer.from(bundle).toString('utf8')], bundleFile, io);
    io.err.write(`wrote ${bundleFile}\n`);
  }
  if (target.kind !== 'image') return;
  const { repository, subject } = target;
  const created = createdAt(io);
  const manifest = await attachBundle(target.registry, { repository, subject, bundle, predicateType, created });
  io.err.write(`attached to ${target.name}, and read back\n`);
  io.out.write(`${manifest}\n`);
}

/**
 * Fails before anything is signed where a bundle would have no place, another's, or one that changes what was signed; and where its
 * manifest would have no date.
 */
export async function requireBundleFile(
  target: EvidenceTarget,
  { bundle, postQuantumKey, postQuantumBundle }: DualSigningOptions & { readonly bundle?: string },
  io: CliIo,
): Promise<void> {
  if (target.kind !== 'image' && bundle === undefined)
    throw new CliError(
      exitCodes.usage,
      'BUNDLE_NOT_NAMED',
      `${target.name} is in no registry: say with --bundle where its evidence goes`,
    );
  if (target.kind === 'image') createdAt(io);
  const signed = target.kind === 'file' ? await placeOf(path.resolve(io.cwd, target.name)) : undefined;
  const places = new Set<string>();
  for (const file of [bundle, postQuantumKey === undefined ? undefined : postQuantumBundle]) {
    if (file === undefined) continue;
    const place = await placeOf(path.resolve(io.cwd, file));
    if (signed !== undefined && isWithin(signed, place))
      throw new CliError(
        exitCodes.usage,
        'BUNDLE_INSIDE_TARGET',
        `${file} is part of ${target.name}, which would be another once it was written: name a file outside of it`,
      );
    if (places.has(place))
      throw new CliError(
        exitCodes.usage,
        'OPTIONS_CONFLICT',
        `${file} is where both signatures would go, and a bundle holds one: name two files`,
      );
    places.add(place);
    await stat(path.dirname(place)).catch((cause: unknown) => {
      throw new CliError(exitCodes.usage, 'OUTPUT_UNWRITABLE', `${file} can not be written: make its folder first`, {
        cause,
      });
    });
  }
}

/** Where a file is, or will be, without the links on the way. */
async function placeOf(file: string): Promise<string> {
  return realpath(file).catch(async () =>
    path.dirname(file) === file ? file : path.join(await placeOf(path.dirname(file)), path.basename(file)),
  );
}

function isWithin(target: string, file: string): boolean {
  const [first] = path.relative(target, file).split(path.sep);
  return first !== '..';
}

/** The manifest's creation time: SOURCE_DATE_EPOCH where it is set, so that signing can be repeated to the byte. */
function createdAt(io: CliIo): string {
  return (sourceDate(io) ?? new Date().toISOString()).replace(/\.\d{3}Z$/, 'Z');
}
