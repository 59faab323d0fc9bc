import { CliError } from './cli-error.ts';
import type { EvidenceTarget, ImageTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';

/** Of an index its children, then the index itself: who finds it signed finds all of it signed. Of an image that image. */
export async function eachPlatform(target: EvidenceTarget): Promise<readonly ImageTarget[]> {
  if (target.kind !== 'image')
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      `${target.name} is in no registry: --recursive is about the platforms of an image there`,
    );
  const stored = await target.registry.getManifest(target.repository, target.digest);
  if (stored?.content.kind !== 'index') return [target];
  const children = stored.content.index.manifests.map((subject) => ({
    ...target,
    subject,
    digest: subject.digest,
    name: `${target.host}/${target.repository}@${subject.digest}`,
  }));
  return [...children, target];
}
