/** Descriptors, manifests and indexes: OCI image specification 1.1, descriptor.md, manifest.md, image-index.md. */
import { z } from 'zod';
import { digestSchema } from './digest.ts';

export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  sigstoreBundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  cycloneDx: 'application/vnd.cyclonedx+json',
  spdx: 'application/spdx+json',
  inToto: 'application/vnd.in-toto+json',
  /** Of the Notary Project: the artifact type of what `notation sign` attaches. */
  notationSignature: 'application/vnd.cncf.notary.signature',
} as const;

export const platformSchema = z.object({
  os: z.string().max(64),
  architecture: z.string().max(64),
  variant: z.string().max(64).optional(),
});
export type Platform = z.infer<typeof platformSchema>;

/** `linux/amd64`, `linux/arm64/v8`. */
export function platformName(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/') || 'unknown';
}

const annotations = z.record(z.string(), z.string());

export const descriptorSchema = z.object({
  mediaType: z.string().max(255),
  digest: digestSchema,
  /** Bytes. */
  size: z.number().int().nonnegative(),
  platform: platformSchema.optional(),
  artifactType: z.string().max(255).optional(),
  annotations: annotations.optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(1000),
  subject: descriptorSchema.optional(),
  annotations: annotations.optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  manifests: z.array(descriptorSchema).max(10_000),
  subject: descriptorSchema.optional(),
  annotations: annotations.optional(),
});
export type Index = z.infer<typeof indexSchema>;

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerIndex;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest || isIndexType(mediaType);
}

/** What workflows carry instead of bodies: enough to fetch and check them. */
export type BlobReference = Pick<Descriptor, 'digest' | 'size' | 'mediaType'>;
