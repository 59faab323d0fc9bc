/** Who may do what in the registry: people read, builders push to intake, and each of Pratique's own hands does one thing. */
import { placeOf, type RepositoryPlace } from '../policy/environments.ts';
import type { Policy } from '../policy/policy.ts';
import { matchesPattern } from '../policy/repository-pattern.ts';
import type { RegistryAction, RegistryScope } from './registry-scope.ts';
import type { Role } from './role.ts';

/** Pratique's own credentials for the registry, each for one kind of work. */
export const registryServices = ['read', 'promote', 'evidence', 'quarantine', 'adopt', 'rebuild'] as const;
export type RegistryService = (typeof registryServices)[number];

/** Who asks for a token. */
export type RegistryIdentity =
  | { readonly kind: 'service'; readonly service: RegistryService }
  | {
      readonly kind: 'token';
      readonly role: Role;
      /** What the token speaks for: patterns of `matchesPattern`. One that speaks for a builder is a machine's. */
      readonly repositories: readonly string[];
      readonly builders: readonly string[];
    };

/** `left`: what lies there was let in under a policy that called it an environment's, whatever it is now. */
type Ground = RepositoryPlace | 'left';

/** Beyond reading, which all of them may, everywhere. */
const writes: Readonly<Record<RegistryService, Readonly<Partial<Record<Ground, readonly RegistryAction[]>>>>> = {
  read: {},
  // What was copied and may not stay is taken back by the same hand, the tag put back where it was.
  promote: { environment: ['push', 'delete'], left: ['push', 'delete'] },
  // What an incident did is written to the copy that is kept, too.
  evidence: { intake: ['push'], environment: ['push'], quarantine: ['push'] },
  // A copy is kept; what it was copied from goes.
  quarantine: { quarantine: ['push'], environment: ['delete'], left: ['delete'] },
  // A rebuild that replaces an artifact enters where the artifact once did, through the same gates.
  adopt: { intake: ['push'] },
  rebuild: { rebuild: ['push'] },
};

/** Quarantined bytes are for those who look into incidents. */
const investigators: readonly Role[] = ['responder', 'operator', 'admin'];
const cataloguers: readonly Role[] = ['operator', 'admin'];

/**
 * What `identity` may do of what `asked` names, under the policy in force. Empty where it may do nothing of it. `isLeft`: something
 * that was let in lies there.
 */
export function grantRegistryActions(
  identity: RegistryIdentity,
  asked: RegistryScope,
  policy: Policy,
  isLeft = false,
): readonly RegistryAction[] {
  const allowed = allowedActions(identity, asked, policy, isLeft);
  return asked.actions.filter((action) => allowed.includes(action));
}

function allowedActions(
  identity: RegistryIdentity,
  { type, name }: RegistryScope,
  policy: Policy,
  isLeft: boolean,
): readonly RegistryAction[] {
  if (type === 'registry' && name === 'catalog') return mayList(identity) ? ['*'] : [];
  if (type !== 'repository') return [];
  const place = placeOf(policy, name);
  if (identity.kind === 'service') {
    const { [place]: here = [], left = [] } = writes[identity.service];
    return ['pull', ...here, ...(isLeft ? left : [])];
  }
  const speaksFor = place === 'intake' && identity.repositories.some((pattern) => matchesPattern(pattern, name));
  if (speaksFor) return ['pull', 'push'];
  // A machine's token is easily stolen: it reaches its own repositories and no others.
  if (identity.builders.length > 0) return [];
  return place === 'quarantine' && !investigators.includes(identity.role) ? [] : ['pull'];
}

function mayList(identity: RegistryIdentity): boolean {
  return identity.kind === 'service'
    ? identity.service === 'read'
    : identity.builders.length === 0 && cataloguers.includes(identity.role);
}
