import { stat } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../../adapters/oci/digest-of.ts';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ImageReference, parseReference } from '../../domain/artifact/reference.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import { readChecksums } from './checksum-manifest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { type LayoutTarget, openLayoutTarget } from './layout-target.ts';
import { openRegistry } from './open-registry.ts';
import { readUserFile } from './signing-key.ts';

/** A file; or a folder, as the list of its checksums. */
export interface FileTarget {
  readonly kind: 'file';
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

export interface ImageTarget {
  readonly kind: 'image';
  /** `<registry>/<repository>@<digest>` */
  readonly name: string;
  readonly digest: Digest;
  /** Of the registry, as it was named. */
  readonly host: string;
  readonly repository: string;
  readonly subject: Descriptor;
  readonly registry: Registry;
}

/** An image named by its digest, of which nothing is read: enough to check a bundle that is at hand. */
export interface DigestTarget {
  readonly kind: 'digest';
  readonly name: string;
  readonly digest: Digest;
}

/**
 * What `sign`, `attest` and `verify` are about: an image in a layout on disk or a file where there is one of that name, else an
 * image in a registry.
 */
export type EvidenceTarget = FileTarget | ImageTarget | LayoutTarget;

/** Throws a CliError where the text names none of them, or the image is not there. A tag is resolved once, here. */
export async function openEvidenceTarget(argument: string, io: CliIo): Promise<EvidenceTarget> {
  const target = await openTarget(argument, io, true);
  return 'open' in target ? target.open() : target;
}

/** The same for signing: an archive is a file like any other, and only a folder is a layout. */
export async function openSigningTarget(argument: string, io: CliIo): Promise<EvidenceTarget> {
  const target = await openTarget(argument, io, false);
  return 'open' in target ? target.open() : target;
}

/** The same for a bundle at hand: asks no registry where the image is named by its digest, and takes an archive for a file. */
export async function openEvidenceSubject(argument: string, io: CliIo): Promise<EvidenceTarget | DigestTarget> {
  const target = await openTarget(argument, io, false);
  if (!('open' in target)) return target;
  return target.digest === undefined ? target.open() : { kind: 'digest', name: argument, digest: target.digest };
}

interface NamedImage {
  readonly digest: Digest | undefined;
  open(): Promise<ImageTarget>;
}

async function openTarget(
  argument: string,
  io: CliIo,
  mayBeArchive: boolean,
): Promise<FileTarget | LayoutTarget | NamedImage> {
  const place = path.resolve(io.cwd, argument);
  const found = await stat(place).catch(() => undefined);
  const layout = found?.isFile() && !mayBeArchive ? undefined : await openLayoutTarget(argument, io);
  if (layout !== undefined) return layout;
  if (found?.isFile()) {
    const bytes = await readUserFile(argument, io);
    return { kind: 'file', name: argument, digest: sha256(bytes), bytes };
  }
  if (found?.isDirectory() && !mayBeArchive) {
    const bytes = await readChecksums(place, argument);
    return { kind: 'file', name: argument, digest: sha256(bytes), bytes };
  }
  const reference = parseImage(argument, found !== undefined);
  return { digest: reference.digest, open: () => openImage(argument, reference, io) };
}

async function openImage(
  argument: string,
  reference: ImageReference & { registry: string },
  io: CliIo,
): Promise<ImageTarget> {
  const { registry: host, repository } = reference;
  const registry = await openRegistry(host, io);
  const subject = await registry.resolve(repository, reference.digest ?? reference.tag ?? 'latest');
  if (subject === undefined)
    throw new RegistryError('REGISTRY_NOT_FOUND', `${argument}: the registry has no such image`);
  return {
    kind: 'image',
    name: `${host}/${repository}@${subject.digest}`,
    digest: subject.digest,
    host,
    repository,
    subject,
    registry,
  };
}

function parseImage(argument: string, isFolder: boolean): ImageReference & { registry: string } {
  const hint = 'Name a file, an OCI layout, or an image with its registry, for example localhost:5000/shop:1.0';
  let reference: ImageReference;
  try {
    reference = parseReference(argument);
  } catch (cause) {
    const message = isFolder
      ? `${argument} is a folder, and no OCI layout`
      : `${argument}: no such file, and not an image reference`;
    throw new CliError(exitCodes.usage, 'TARGET_INVALID', message, { cause, hint });
  }
  const { registry } = reference;
  if (registry === undefined)
    throw new CliError(exitCodes.usage, 'TARGET_INVALID', `${argument}: no such file, and no registry is named`, {
      hint,
    });
  return { ...reference, registry };
}
