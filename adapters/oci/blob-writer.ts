import { setTimeout as delay } from 'node:timers/promises';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import type { Egress } from '../egress/egress.ts';
import { placeName, repositoryPath } from './place.ts';
import { pullScope, pushScope, type RegistrySession } from './registry-session.ts';
import { inTurn } from './stream-turns.ts';
import { cancelUpload, sendBlob, startUpload } from './upload.ts';

/** Uploads of one blob in all; each begins anew, with the bytes from the start. */
const ATTEMPTS = 3;
/** Milliseconds before the second; half as long again, at random, and doubled before the third. */
const FIRST_WAIT_MS = 300;
/** Calls that open an upload may be repeated: one too many is cleaned up by the registry. */
const RETRIES = 4;

/** Blobs into a repository (distribution specification, "Pushing blobs" and "Mounting a blob from another repository"). */
export function createBlobWriter(
  session: RegistrySession,
  egress: Pick<Egress, 'send'>,
): Pick<Registry, 'putBlob' | 'mountBlob'> {
  return {
    async putBlob(repository, blob, content) {
      for (let attempt = 1; ; attempt += 1) {
        const upload = await startUpload(session, repository, blob.digest);
        const send = () => sendBlob(session, upload, blob, content);
        try {
          return await (typeof content === 'function' ? inTurn(egress, send) : send());
        } catch (error) {
          await cancelUpload(session, upload);
          if (attempt === ATTEMPTS || !mayPass(error)) throw error;
        }
        await delay(FIRST_WAIT_MS * 2 ** (attempt - 1) * (1 + Math.random() / 2));
      }
    },
    async mountBlob(repository, from, digest) {
      const what = placeName(repository, digest);
      const query = new URLSearchParams({ mount: digest, from });
      const response = await session.call(
        what,
        {
          method: 'POST',
          path: `${repositoryPath(repository, 'blobs/uploads/')}?${query}`,
          scope: `${pushScope(repository)} ${pullScope(from)}`,
          headers: { 'content-length': '0' },
          retries: RETRIES,
        },
        // Some registries refuse what they can not do instead of opening an upload.
        [201, 202, 400, 404, 405],
      );
      await response.body.dump();
      const { location } = response.headers;
      if (response.status === 202 && location !== undefined)
        await cancelUpload(session, { what, scope: pushScope(repository), location: session.resolve(location) });
      return response.status === 201;
    },
  };
}

/** A registry that says how long to wait is left to the caller. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof RegistryError && error.code === 'REGISTRY_UNAVAILABLE' && error.retryAfterSeconds === undefined
  );
}
