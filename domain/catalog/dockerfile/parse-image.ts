/** References to images, as `docker pull` understands them (https://github.com/distribution/reference). */
import type { LockedPackage } from '../locked-packages.ts';

const REFERENCE =
  /^((?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+|\/[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/i;
const MAX_LENGTH = 512;

/** The digest is the version where there is one; else the tag, which can be moved. `undefined` for no reference. */
export function parseImage(text: string): LockedPackage | undefined {
  const match = text.length > MAX_LENGTH ? null : REFERENCE.exec(text);
  if (match?.[1] === undefined) return undefined;
  const [, repository, tag, digest] = match;
  const name = fullName(repository);
  return {
    key: text,
    name,
    version: digest ?? tag ?? 'latest',
    requires: [],
    fetchedFrom: [`https://${name.split('/', 1)[0]}`],
    pin: digest === undefined ? 'tag' : 'digest',
  };
}

/** The first part is a registry only where it looks like one: with a dot, a port, or `localhost`. */
function fullName(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  if (rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')) return repository;
  return `docker.io/${rest.length === 0 ? `library/${first}` : repository}`;
}
