import { z } from 'zod';
import { type Manifest, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { digestSchema } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import { recordableError } from './recordable-error.ts';

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

const configSchema = z.object({
  os: z.string().max(64).optional(),
  architecture: z.string().max(64).optional(),
  variant: z.string().max(64).optional(),
  created: z.iso.datetime({ offset: true }).optional().catch(undefined),
  config: z
    .object({ Labels: z.record(z.string(), z.string()).nullish() })
    .nullish()
    .catch(undefined),
  rootfs: z.object({ diff_ids: z.array(digestSchema).max(1000) }),
});
/** The part of an image's configuration that stock-taking needs (OCI image specification, config.md). */
export type ImageConfig = z.infer<typeof configSchema>;

/**
 * The configuration, or why there is none. Artifacts that are no images (charts, signatures, modules) have no root file
 * system to take stock of: that is a reason, and not an empty stock.
 */
export async function readImageConfig(
  reader: Pick<RegistryReader, 'getBlobBytes'>,
  repository: string,
  { config }: Manifest,
): Promise<ImageConfig | { readonly reason: string }> {
  if (config.mediaType !== mediaTypes.ociConfig && config.mediaType !== mediaTypes.dockerConfig)
    return { reason: `not an image: its configuration is of type ${config.mediaType.slice(0, 100)}` };
  try {
    const bytes = await reader.getBlobBytes(repository, config, MAX_CONFIG_BYTES);
    const parsed = configSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : { reason: 'the configuration is not as the image specification has it' };
  } catch (error) {
    if (error instanceof SyntaxError) return { reason: 'the configuration is not JSON' };
    return { reason: `the configuration: ${recordableError(error).message}` };
  }
}
