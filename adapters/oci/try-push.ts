import { RegistryError } from '../../domain/artifact/registry.ts';
import type { AuthorizerOptions } from './authorizer.ts';
import { repositoryPath } from './place.ts';
import { createRegistrySession, pushScope } from './registry-session.ts';
import { cancelUpload } from './upload.ts';

/**
 * Whether whoever has these credentials may push to `repository`: begins an upload and cancels it. Nothing is left behind but,
 * in some registries, the name of an empty repository. Throws a RegistryError where the registry does neither.
 */
export async function tryPush(options: AuthorizerOptions, repository: string): Promise<'accepted' | 'refused'> {
  const session = createRegistrySession(options);
  const scope = pushScope(repository);
  const path = repositoryPath(repository, 'blobs/uploads/');
  try {
    const response = await session.call(repository, { method: 'POST', path, scope }, [202]);
    await response.body.dump();
    const { location } = response.headers;
    if (location !== undefined)
      await cancelUpload(session, { what: repository, scope, location: session.resolve(location) });
    return 'accepted';
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'REGISTRY_DENIED') return 'refused';
    throw error;
  }
}
