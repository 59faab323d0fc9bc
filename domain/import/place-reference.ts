import type { Digest } from '../artifact/digest.ts';
import { isSameRegistry, parseReference } from '../artifact/reference.ts';
import { isEnvironmentRepository, isIntakeRepository, placeOf } from '../policy/environments.ts';
import type { Policy } from '../policy/policy.ts';
import type { ImportSourceKind } from './import-book.ts';

export type Placed =
  | {
      readonly outcome: 'placed';
      /** Where it lies. */
      readonly destination: string;
      /** The artifact it is judged as: where it was pushed, or would have been. */
      readonly repository: string;
      readonly tag: string | undefined;
      readonly digest: Digest | undefined;
    }
  | { readonly outcome: 'unresolved'; readonly reason: string };

const unresolved = (reason: string): Placed => ({ outcome: 'unresolved', reason });

/**
 * What a reference is to the policy: in the repository of `environment`, or, where something runs it, in a repository that
 * pushes go to. `host` is the registry of this installation; nothing is fetched from any other.
 */
export function placeReference(
  policy: Policy,
  environment: string,
  from: { readonly host: string; readonly kind: ImportSourceKind },
  text: string,
): Placed {
  let parsed: ReturnType<typeof parseReference>;
  try {
    parsed = parseReference(text);
  } catch {
    return unresolved('no image reference: host/path:tag or host/path@sha256:digest');
  }
  const { registry = from.host, repository: destination, digest } = parsed;
  if (!isSameRegistry(registry, from.host))
    return unresolved(`its registry is ${registry}, and this installation knows ${from.host} only`);
  // As every client reads it.
  const tag = parsed.tag ?? (digest === undefined ? 'latest' : undefined);
  const place = isEnvironmentRepository(policy, destination);
  if (place !== undefined && place.environment !== environment)
    return unresolved(`lies in the repository of ${place.environment}, not of ${environment}`);
  const repository = place?.repository ?? destination;
  if (!isIntakeRepository(policy, repository))
    return unresolved(
      place === undefined && placeOf(policy, repository) !== 'elsewhere'
        ? `${repository} is a ${placeOf(policy, repository)} repository: what lies there runs nowhere`
        : `the policy takes nothing from ${repository} (intake.repositories)`,
    );
  if (place === undefined && from.kind === 'registry') return unresolved(`is in no repository of ${environment}`);
  return { outcome: 'placed', destination, repository, tag, digest };
}
