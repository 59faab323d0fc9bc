import type { ArtifactKey } from '../artifact/subject.ts';

/** Asking for a rebuild from trusted source: the port behind the API. */
export interface RebuildDesk {
  request(request: {
    key: ArtifactKey;
    incident?: string;
    reason: string;
    actor: string;
  }): Promise<
    | { readonly outcome: 'requested' | 'already-open'; readonly rebuild: string }
    | { readonly outcome: 'refused'; readonly reason: string }
  >;
}
