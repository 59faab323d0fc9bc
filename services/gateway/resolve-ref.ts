import { type ArtifactReference, resolveArtifact } from '../../adapters/postgres/read-artifacts.ts';
import { isDigest } from '../../domain/artifact/digest.ts';
import { isSameRegistry, parseReference } from '../../domain/artifact/reference.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { ApiError } from './api-error.ts';
import type { GatewayDependencies } from './gateway-server.ts';

/** `repository:tag`, `repository@sha256:…` (with or without the registry's host) or `sha256:…`. Throws ApiError (400). */
export function readRef(ref: string, registry: string): ArtifactReference {
  if (isDigest(ref)) return { repository: undefined, digest: ref };
  try {
    const reference = parseReference(ref);
    if (reference.registry === undefined || isSameRegistry(reference.registry, registry)) return reference;
  } catch (error) {
    throw new ApiError(400, 'INVALID_REQUEST', (error as Error).message, {
      place: 'ref',
      hint: 'write repository:tag, repository@sha256:<hex> or sha256:<hex>',
    });
  }
  throw new ApiError(400, 'INVALID_REQUEST', `the reference names a registry other than ${registry}`, { place: 'ref' });
}

/** The artifact a reference stands for. Throws ApiError: 400 for no reference, 404 for none that was seen. */
export async function resolveRef(
  { db, registry }: Pick<GatewayDependencies, 'db' | 'registry'>,
  ref: string,
): Promise<ArtifactKey> {
  const key = await resolveArtifact(db, readRef(ref, registry));
  if (key !== undefined) return key;
  throw new ApiError(404, 'NOT_FOUND', `no artifact ${ref} was seen`, {
    place: 'ref',
    hint: 'list what there is: GET /api/v1/artifacts; what the registry holds and was missed: POST /api/v1/reconcile',
  });
}

export const REF_DESCRIPTION = 'repository:tag, repository@sha256:<hex> or sha256:<hex>';
