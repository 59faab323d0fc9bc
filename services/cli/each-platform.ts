import { isIndexType } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import type { EvidenceTarget, ImageTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { LayoutTarget } from './layout-target.ts';

/**
 * Of an index everything inside, at any depth and each once, then the index itself: who finds it signed finds all of it signed. Of an
 * image that image.
 */
export async function eachPlatform(target: EvidenceTarget): Promise<readonly ImageTarget[]> {
  if (target.kind === 'image') return withChildren(target);
  throw new CliError(
    exitCodes.usage,
    'OPTIONS_INCOMPLETE',
    `${target.name} is in no registry: --recursive is about the platforms of an image there`,
  );
}

/** The same where a layout will do as well. */
export async function withChildren<T extends ImageTarget | LayoutTarget>(target: T): Promise<readonly T[]> {
  const seen = new Set<Digest>();
  const place = target.name.slice(0, target.name.lastIndexOf('@'));
  const walk = async (one: T): Promise<T[]> => {
    if (seen.has(one.digest)) return [];
    seen.add(one.digest);
    const stored = await one.registry.getManifest(one.repository, one.digest);
    if (stored?.content.kind !== 'index') return [one];
    const inside: T[] = [];
    for (const subject of stored.content.index.manifests) {
      const child = { ...one, subject, digest: subject.digest, name: `${place}@${subject.digest}` };
      if (isIndexType(subject.mediaType)) inside.push(...(await walk(child)));
      else if (!seen.has(child.digest)) inside.push(child);
      seen.add(child.digest);
    }
    return [...inside, one];
  };
  return walk(target);
}
