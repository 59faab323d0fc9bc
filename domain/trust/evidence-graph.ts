/** What hangs on an artifact: its platforms, and what refers to each of them. Claims of the registry, until somebody verifies them. */
import type { Digest } from '../artifact/digest.ts';

export interface EvidenceNode {
  readonly digest: Digest;
  /** `legacy`: under one of cosign's older tags (`sha256-<hex>.sig`, `.att`, `.sbom`). */
  readonly kind: 'index' | 'image' | 'evidence' | 'document' | 'legacy';
  /** A platform (`linux/arm64`), a predicate type, a media type, or a tag. */
  readonly says: string;
  /** RFC 3339, where it is stated. */
  readonly created?: string;
  readonly platforms: readonly EvidenceNode[];
  readonly referrers: readonly EvidenceNode[];
  /** Why what is below it is not shown. */
  readonly unread?: string;
}

/** How many nodes there are, the root included. */
export function countNodes({ platforms, referrers }: EvidenceNode): number {
  return [...platforms, ...referrers].reduce((sum, node) => sum + countNodes(node), 1);
}
