import { CliError } from './cli-error.ts';
import type { EvidenceTarget, ImageTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { LayoutTarget } from './layout-target.ts';

/** Of an index its children, then the index itself: who finds it signed finds all of it signed. Of an image that image. */
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
  const stored = await target.registry.getManifest(target.repository, target.digest);
  if (stored?.content.kind !== 'index') return [target];
  const place = target.name.slice(0, target.name.lastIndexOf('@'));
  const children = stored.content.index.manifests.map((subject) => ({
    ...target,
    subject,
    digest: subject.digest,
    name: `${place}@${subject.digest}`,
  }));
  return [...children, target];
}
