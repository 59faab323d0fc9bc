/** Image references as people type them: distribution's grammar (`[host[:port]/]path[:tag][@digest]`). */
import { type Digest, isDigest } from './digest.ts';

export interface ImageReference {
  /** `host[:port]`; undefined where the text names none. */
  readonly registry: string | undefined;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
/** Where Docker Hub's official images are: `docker.io/alpine` is `docker.io/library/alpine` (distribution/reference, normalize.go). */
const HUB_FOLDER = 'library/';
const HUB_HOSTS: readonly string[] = ['docker.io', 'index.docker.io'];
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** A repository name the distribution specification allows, at most 255 characters. */
export function isRepositoryName(text: string): boolean {
  return text.length <= 255 && REPOSITORY.test(text);
}

export function isTagName(text: string): boolean {
  return TAG.test(text);
}

/** Throws a TypeError that says which part is wrong. */
export function parseReference(text: string): ImageReference {
  const at = text.indexOf('@');
  const name = at === -1 ? text : text.slice(0, at);
  const digestText = at === -1 ? undefined : text.slice(at + 1);
  if (digestText !== undefined && !isDigest(digestText))
    throw new TypeError(`"${text}": after @ there must be sha256:<64 hex digits>`);
  const slash = name.indexOf('/');
  const head = slash === -1 ? '' : name.slice(0, slash);
  // `./x.tar` and `../x.tar` are paths.
  const hasHost = /^[^.].*[.:]|^localhost$/.test(head);
  const registry = hasHost ? head : undefined;
  const rest = hasHost ? name.slice(slash + 1) : name;
  const colon = rest.lastIndexOf(':');
  const repository = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? undefined : rest.slice(colon + 1);
  if (!isRepositoryName(repository))
    throw new TypeError(
      `"${text}": "${repository}" is not a repository name (lower-case letters, digits, . _ - and /)`,
    );
  if (tag !== undefined && !isTagName(tag)) throw new TypeError(`"${text}": "${tag}" is not a tag`);
  const isOfficial = HUB_HOSTS.includes(head) && !repository.includes('/');
  return { registry, repository: isOfficial ? `${HUB_FOLDER}${repository}` : repository, tag, digest: digestText };
}

/** True for 127.0.0.0/8, ::1 and localhost: the only hosts spoken to over plain HTTP. */
export function isLoopbackHost(hostAndPort: string): boolean {
  const host = hostAndPort.startsWith('[')
    ? hostAndPort.slice(1, hostAndPort.indexOf(']'))
    : hostAndPort.replace(/:\d+$/, '');
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Other addresses of 127.0.0.0/8 may be other registries. */
const THIS_MACHINE = /^(?:localhost|127\.0\.0\.1|\[::1\])(?=:|$)/i;

/** Whether both (`host[:port]`) name one registry: one of this machine is the same by any of its names. */
export function isSameRegistry(one: string, other: string): boolean {
  const isHere = THIS_MACHINE.test(one) && THIS_MACHINE.test(other);
  return one === other || (isHere && one.replace(THIS_MACHINE, '') === other.replace(THIS_MACHINE, ''));
}
