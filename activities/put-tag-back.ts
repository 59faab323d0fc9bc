/** A tag of an environment names what it named before, where what it was moved to did not go live. */
import { mediaTypes } from '../domain/artifact/descriptor.ts';
import { emptyJson } from '../domain/artifact/empty-json.ts';
import type { HeldLease, Registry, StoredManifest } from '../domain/artifact/registry.ts';
import type { PromotionBook, PromotionKey } from '../domain/promotion/promotion-book.ts';
import { canonicalJson } from '../domain/trust/canonical-json.ts';
import { moveTag } from './move-tag.ts';

/** Of the manifest a tag names for the moment between being moved off an artifact and being gone. */
const NOTHING = 'application/vnd.pratique.nothing';

/**
 * Under the lease on the tag. Safe to repeat. What somebody else moved it to meanwhile stays; what it named and is not there
 * any more, or in quarantine, it does not name again: then it is removed.
 */
export async function putTagBack(
  { registry, promotions }: { readonly registry: Registry; readonly promotions: PromotionBook },
  key: PromotionKey,
  held: HeldLease,
): Promise<void> {
  const moved = await promotions.tagToPutBack(key);
  if (moved === undefined) return;
  const { destination, tag, before } = moved;
  const named = await registry.getManifest(destination, tag);
  if (named === undefined || (named.descriptor.digest !== key.digest && !isNothing(named))) return;
  const previous = before === undefined ? undefined : await registry.getManifest(destination, before);
  held.check();
  if (previous === undefined) await removeTag(registry, destination, tag);
  else await moveTag(registry, destination, tag, previous);
}

function isNothing({ content }: StoredManifest): boolean {
  return content.kind === 'manifest' && content.manifest.artifactType === NOTHING;
}

/**
 * Registries delete manifests by digest, and few delete a tag (CNCF distribution 2.x does not): the tag is moved to a manifest
 * that is there for nothing else, which is then deleted.
 */
async function removeTag(registry: Registry, repository: string, tag: string): Promise<void> {
  const { descriptor: empty, bytes: content } = emptyJson;
  const manifest = {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: NOTHING, config: empty, layers: [empty] },
    // One of its own for each tag.
    annotations: { 'org.opencontainers.image.ref.name': tag },
  };
  await registry.putBlob(repository, empty, content);
  const bytes = new TextEncoder().encode(canonicalJson(manifest));
  const { digest } = await registry.putManifest(repository, tag, bytes, mediaTypes.ociManifest);
  await registry.deleteManifest(repository, digest);
}
