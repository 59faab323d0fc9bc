import { isDigest } from '../../domain/artifact/digest.ts';
import { isRepositoryName, isTagName } from '../../domain/artifact/reference.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';

/** `team/app:1.2` or `team/app@sha256:…`, as errors name a manifest or blob. */
export function placeName(repository: string, reference: string): string {
  return `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** `/v2/<repository>/<rest>`. Throws REGISTRY_REFUSED where the name is none: it would change the address. */
export function repositoryPath(repository: string, rest: string): string {
  if (isRepositoryName(repository)) return `/v2/${repository}/${rest}`;
  throw new RegistryError('REGISTRY_REFUSED', `${JSON.stringify(repository.slice(0, 100))} is not a repository name`);
}

/** `/v2/<repository>/manifests/<tag or digest>`. Throws REGISTRY_REFUSED where it is neither. */
export function manifestPath(repository: string, reference: string): string {
  if (isDigest(reference) || isTagName(reference)) return repositoryPath(repository, `manifests/${reference}`);
  const quoted = JSON.stringify(reference.slice(0, 100));
  throw new RegistryError('REGISTRY_REFUSED', `${repository}: ${quoted} is neither a tag nor a sha256 digest`);
}
