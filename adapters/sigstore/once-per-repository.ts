import type { Digest } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';

const kept = new WeakMap<Pick<Registry, 'putBlob'>, Map<string, Promise<void>>>();

/**
 * Does `act`, which puts a blob into a repository, unless this process has done so through this registry: every bundle has the
 * same two bytes as its config. A failure is not remembered. Whether the blob is still there is seen when a manifest that
 * names it is written: registries refuse those whose blobs they miss.
 */
export function once(
  registry: Pick<Registry, 'putBlob'>,
  repository: string,
  blob: Digest,
  act: () => Promise<void>,
): Promise<void> {
  const done = kept.get(registry) ?? new Map<string, Promise<void>>();
  kept.set(registry, done);
  const key = `${repository}@${blob}`;
  const before = done.get(key);
  if (before !== undefined) return before;
  const doing = act();
  done.set(key, doing);
  doing.catch(() => done.delete(key));
  return doing;
}

/** Writes manifests over such blobs; where that fails, what was thought to be there is put again the next time. */
export async function writing<T>(registry: Pick<Registry, 'putBlob'>, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    kept.delete(registry);
    throw error;
  }
}
