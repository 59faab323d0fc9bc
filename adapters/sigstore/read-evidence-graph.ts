import { type Descriptor, platformName } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import type { EvidenceNode } from '../../domain/trust/evidence-graph.ts';

/** Evidence about evidence goes on for ever where somebody makes it so. */
const MAX_DEPTH = 6;
/** A flood hides nothing by being cut: the cut is said. */
const MAX_NODES = 2000;

const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/;
const PREDICATE_TYPE = 'dev.sigstore.bundle.predicateType';
const CREATED = 'org.opencontainers.image.created';

/** Suffixes of the tags cosign kept signatures, attestations and SBOMs under before it used referrers. */
const LEGACY = ['sig', 'att', 'sbom'] as const;

type Reader = Pick<RegistryReader, 'listReferrers' | 'getManifest'> & Partial<Pick<RegistryReader, 'resolve'>>;

/** The graph below `root`. Throws a RegistryError where the root is not there; what else cannot be read is said in its place. */
export async function readEvidenceGraph(reader: Reader, repository: string, root: Digest): Promise<EvidenceNode> {
  const stored = await reader.getManifest(repository, root);
  if (stored === undefined)
    throw new RegistryError('REGISTRY_NOT_FOUND', `${repository}@${root}: the registry has no such image`);
  const seen = new Set<Digest>();
  const { content } = stored;
  const visit = async (
    descriptor: Descriptor,
    says: string,
    depth: number,
    isPlatform: boolean,
  ): Promise<EvidenceNode> => {
    const { digest } = descriptor;
    const kind = isPlatform ? 'image' : kindOf(descriptor);
    const created = descriptor.annotations?.[CREATED];
    const node = { digest, kind, says, ...(created === undefined ? {} : { created }), platforms: [], referrers: [] };
    if (seen.has(digest)) return { ...node, unread: 'shown above' };
    if (depth >= MAX_DEPTH) return { ...node, unread: `${MAX_DEPTH} levels deep` };
    seen.add(digest);
    try {
      return { ...node, ...(await below(digest, depth, isPlatform)) };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return { ...node, unread: error.message };
    }
  };
  const below = async (
    digest: Digest,
    depth: number,
    isSubject: boolean,
  ): Promise<Pick<EvidenceNode, 'referrers' | 'unread'>> => {
    const referrers: EvidenceNode[] = [];
    const listed = await reader.listReferrers(repository, digest);
    for (const entry of listed) {
      const referrer = await annotated(entry);
      if (seen.size >= MAX_NODES) return { referrers, unread: `only the first ${MAX_NODES} are shown` };
      referrers.push(await visit(referrer, claimOf(referrer), depth + 1, false));
    }
    return { referrers: [...referrers, ...(isSubject ? await legacyOf(digest) : [])] };
  };
  /** Not every registry lists a referrer with its annotations. */
  const annotated = async (entry: Descriptor): Promise<Descriptor> => {
    if (!BUNDLE.test(entry.artifactType ?? '') || entry.annotations?.[PREDICATE_TYPE] !== undefined) return entry;
    const found = (await reader.getManifest(repository, entry.digest).catch(() => undefined))?.content;
    const annotations = found?.kind === 'manifest' ? found.manifest.annotations : undefined;
    return annotations === undefined ? entry : { ...entry, annotations };
  };
  const legacyOf = async (subject: Digest): Promise<EvidenceNode[]> => {
    if (reader.resolve === undefined) return [];
    const found: EvidenceNode[] = [];
    for (const suffix of LEGACY) {
      const tag = `sha256-${digestHex(subject)}.${suffix}`;
      const at = await reader.resolve(repository, tag);
      if (at !== undefined) found.push({ digest: at.digest, kind: 'legacy', says: tag, platforms: [], referrers: [] });
    }
    return found;
  };
  const platforms: EvidenceNode[] = [];
  if (content.kind === 'index')
    for (const child of content.index.manifests)
      platforms.push(
        await visit(child, child.platform === undefined ? child.mediaType : platformName(child.platform), 1, true),
      );
  const says = content.kind === 'index' ? 'index' : 'image';
  return { digest: root, kind: says, says, platforms, ...(await below(root, 0, true)) };
}

function kindOf({ artifactType = '' }: Descriptor): EvidenceNode['kind'] {
  return BUNDLE.test(artifactType) ? 'evidence' : 'document';
}

/** What it says it is: the bundle's predicate type as annotated, else its artifact type. Nobody has verified either. */
function claimOf({ artifactType, mediaType, annotations }: Descriptor): string {
  return annotations?.[PREDICATE_TYPE] ?? artifactType ?? mediaType;
}
