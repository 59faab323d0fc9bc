import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attachBundle } from '../../adapters/sigstore/attach-bundle.ts';
import { CliError } from './cli-error.ts';
import type { EvidenceTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

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
    await writeFile(path.resolve(io.cwd, bundleFile), bundle);
    io.err.write(`wrote ${bundleFile}\n`);
  }
  if (target.kind !== 'image') return;
  const { repository, subject } = target;
  const created = createdAt(io);
  const manifest = await attachBundle(target.registry, { repository, subject, bundle, predicateType, created });
  io.err.write(`attached to ${target.name}, and read back\n`);
  io.out.write(`${manifest}\n`);
}

/** Fails before anything is signed where a file's bundle would have no place, or one that changes what was signed. */
export function requireBundleFile(
  target: EvidenceTarget,
  { bundle, postQuantumBundle }: { readonly bundle?: string; readonly postQuantumBundle?: string },
  io: CliIo,
): void {
  if (target.kind !== 'image' && bundle === undefined)
    throw new CliError(
      exitCodes.usage,
      'BUNDLE_NOT_NAMED',
      `${target.name} is in no registry: say with --bundle where its evidence goes`,
    );
  if (target.kind !== 'file') return;
  for (const file of [bundle, postQuantumBundle])
    if (file !== undefined && isWithin(path.resolve(io.cwd, target.name), path.resolve(io.cwd, file)))
      throw new CliError(
        exitCodes.usage,
        'BUNDLE_INSIDE_TARGET',
        `${file} is part of ${target.name}, which would be another once it was written: name a file outside of it`,
      );
}

function isWithin(target: string, file: string): boolean {
  const [first] = path.relative(target, file).split(path.sep);
  return first !== '..';
}

/** The manifest's creation time: SOURCE_DATE_EPOCH where it is set, so that signing can be repeated to the byte. */
function createdAt(io: CliIo): string {
  const epoch = Number(io.env.SOURCE_DATE_EPOCH);
  const at =
    io.env.SOURCE_DATE_EPOCH !== undefined && Number.isSafeInteger(epoch) ? new Date(epoch * 1000) : new Date();
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
