/** The graph of environments in a policy, and which repository is whose. */
import type { EnvironmentPolicy } from './document.ts';
import type { Policy } from './policy.ts';
import { matchesPattern } from './repository-pattern.ts';

type Builder = Policy['document']['builders'][number];
type Source = Policy['document']['sources'][number];

const PLACE = '{repository}';

const fill = (template: string, repository: string) => template.replace(PLACE, () => repository);

/** The repository `name` was made from by `template`; undefined where it was not. */
function unfill(template: string, name: string): string | undefined {
  const [prefix = '', suffix = ''] = template.split(PLACE);
  const fits = name.startsWith(prefix) && name.endsWith(suffix) && name.length > prefix.length + suffix.length;
  return fits ? name.slice(prefix.length, name.length - suffix.length) : undefined;
}

/** Whether some repository could be made by both templates. */
export function templatesOverlap(a: string, b: string): boolean {
  const [prefixA = '', suffixA = ''] = a.split(PLACE);
  const [prefixB = '', suffixB = ''] = b.split(PLACE);
  return (
    (prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA)) &&
    (suffixA.endsWith(suffixB) || suffixB.endsWith(suffixA))
  );
}

/** Environments that wait for no other: where a pushed artifact goes first. */
export function firstEnvironments(policy: Policy): EnvironmentPolicy[] {
  return policy.document.environments.filter(({ after }) => after.length === 0);
}

/** Environments that wait for `environment` (perhaps among others: `soakUntil` says whether all are met). */
export function nextEnvironments(policy: Policy, environment: string): EnvironmentPolicy[] {
  return policy.document.environments.filter(({ after }) => after.includes(environment));
}

/** Every environment that waits for `environment`, by itself or by way of others. */
export function laterEnvironments(policy: Policy, environment: string): string[] {
  const later = new Set(nextEnvironments(policy, environment).map(({ name }) => name));
  // A set goes on to what is added to it meanwhile.
  for (const name of later) for (const next of nextEnvironments(policy, name)) later.add(next.name);
  return [...later];
}

export function findEnvironment(policy: Policy, environment: string): EnvironmentPolicy | undefined {
  return policy.document.environments.find(({ name }) => name === environment);
}

export function findBuilder(policy: Policy, name: string): Builder | undefined {
  return policy.document.builders.find((builder) => builder.name === name);
}

/** Where `repository` (the one that was pushed to) lives in `environment`. Throws a RangeError where the policy has no such environment. */
export function environmentRepository(policy: Policy, environment: string, repository: string): string {
  const found = findEnvironment(policy, environment);
  if (found === undefined) {
    const names = policy.document.environments.map(({ name }) => name).join(', ');
    throw new RangeError(`no environment ${JSON.stringify(environment)} in the policy (it has ${names})`);
  }
  return fill(found.repository, repository);
}

/** Where `repository`'s artifacts are kept while they are quarantined. */
export function quarantineRepositoryOf(policy: Policy, repository: string): string {
  return fill(policy.document.quarantineRepository, repository);
}

/** Where rebuilds of `repository` are pushed, apart from everything else. */
export function rebuildRepositoryOf(policy: Policy, repository: string): string {
  return fill(policy.document.rebuildRepository, repository);
}

/**
 * The environment a registry's repository belongs to, and the repository its artifacts were first pushed to; undefined
 * where `name` is no environment's. One answer at most: `parsePolicy` refuses templates that overlap.
 */
export function isEnvironmentRepository(
  policy: Policy,
  name: string,
): { readonly environment: string; readonly repository: string } | undefined {
  for (const environment of policy.document.environments) {
    const repository = unfill(environment.repository, name);
    if (repository !== undefined) return { environment: environment.name, repository };
  }
  return undefined;
}

/** Whether a push to `name` is one to take in: a pattern of `intake` matches, and the repository is none of Pratique's own. */
export function isIntakeRepository(policy: Policy, name: string): boolean {
  const { intake, quarantineRepository, rebuildRepository } = policy.document;
  if (isEnvironmentRepository(policy, name) !== undefined) return false;
  if (unfill(quarantineRepository, name) !== undefined || unfill(rebuildRepository, name) !== undefined) return false;
  return intake.repositories.some((pattern) => matchesPattern(pattern, name));
}

/** What a repository is to the policy: each name is exactly one of these. */
export type RepositoryPlace = 'environment' | 'quarantine' | 'rebuild' | 'intake' | 'elsewhere';

export function placeOf(policy: Policy, name: string): RepositoryPlace {
  if (isEnvironmentRepository(policy, name) !== undefined) return 'environment';
  if (unfill(policy.document.quarantineRepository, name) !== undefined) return 'quarantine';
  if (unfill(policy.document.rebuildRepository, name) !== undefined) return 'rebuild';
  return isIntakeRepository(policy, name) ? 'intake' : 'elsewhere';
}

/** The first `sources` entry whose pattern matches the repository that was pushed to. */
export function sourceOf(policy: Policy, repository: string): Source | undefined {
  return policy.document.sources.find((source) => matchesPattern(source.repository, repository));
}

/** The team of the first `owners` entry that matches `name`: the repository that was pushed to, or an environment's. */
export function ownerOf(policy: Policy, name: string): string | undefined {
  const repository = isEnvironmentRepository(policy, name)?.repository ?? name;
  return policy.document.owners.find((owner) => matchesPattern(owner.repository, repository))?.team;
}
