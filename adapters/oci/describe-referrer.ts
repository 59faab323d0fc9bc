import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';
import { parseManifest } from './parse-manifest.ts';

/**
 * How the image specification (manifest.md, `artifactType`) has a referrer of `subject` listed. `place` is what errors call where it
 * goes. Throws a RegistryError (REGISTRY_BAD_MANIFEST) where the manifest is about something else.
 */
export function describeReferrer(place: string, subject: Digest, bytes: Uint8Array, mediaType: string): Descriptor {
  const digest = sha256(bytes);
  const { content } = parseManifest(bytes, mediaType, digest, `${place}@${digest}`);
  if (content.kind !== 'manifest' || content.manifest.subject?.digest !== subject)
    throw new RegistryError(
      'REGISTRY_BAD_MANIFEST',
      `${place}@${digest}: a referrer of ${subject} is an image manifest with it as subject`,
    );
  const { artifactType, config, annotations } = content.manifest;
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    artifactType: artifactType ?? config.mediaType,
    ...(annotations === undefined ? {} : { annotations }),
  };
}
