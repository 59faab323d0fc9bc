import {
  type ArtifactReference,
  digestsFrom,
  isSeenRepository,
  resolveArtifact,
} from '../../adapters/postgres/read-artifacts.ts';
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

const SHORT = /^(.*@)?(sha256:[0-9a-f]{12,63})$/;

/** The same with its digest in full, where it ends with the beginning of one, as tables show them. Throws ApiError. */
export async function wholeRef({ db }: Pick<GatewayDependencies, 'db'>, ref: string): Promise<string> {
  const [, before = '', begin] = SHORT.exec(ref) ?? [];
  if (begin === undefined) return ref;
  const [digest, ...others] = await digestsFrom(db, begin);
  if (others.length > 0)
    throw new ApiError(400, 'INVALID_REQUEST', `several digests begin with ${begin}`, {
      place: 'ref',
      hint: 'name more of it: GET /api/v1/artifacts has them in full',
    });
  return digest === undefined ? ref : `${before}${digest}`;
}

/** The artifact a reference stands for. Throws ApiError: 400 for no reference, 404 for none that was seen. */
export async function resolveRef(
  { db, registry }: Pick<GatewayDependencies, 'db' | 'registry'>,
  ref: string,
): Promise<ArtifactKey> {
  const whole = await wholeRef({ db }, ref);
  if (SHORT.test(whole)) throw unseen(`no artifact was seen whose digest begins with ${whole.replace(/^.*@/, '')}`);
  const reference = readRef(whole, registry);
  const key = await resolveArtifact(db, reference);
  if (key !== undefined) return key;
  const { repository, digest } = reference;
  const isUntagged = digest === undefined && 'tag' in reference && reference.tag === undefined;
  if (repository !== undefined && isUntagged && (await isSeenRepository(db, repository)))
    throw new ApiError(404, 'NOT_FOUND', `nothing in ${repository} is tagged latest: name a tag or a digest`, {
      place: 'ref',
      hint: `what it has: GET /api/v1/artifacts?repository=${repository}`,
    });
  throw unseen(`no artifact ${ref} was seen`);
}

function unseen(message: string): ApiError {
  return new ApiError(404, 'NOT_FOUND', message, {
    place: 'ref',
    hint: 'list what there is: GET /api/v1/artifacts; what the registry holds and was missed: POST /api/v1/reconcile',
  });
}

export const REF_DESCRIPTION =
  'repository:tag, repository@sha256:<hex> or sha256:<hex>; of the digest its first twelve digits are enough';
