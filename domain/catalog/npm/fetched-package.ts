/** Whose file an address of a registry is: `<registry>/<name>/-/<file>-<version>.tgz`, as npm's own and its mirrors have them. */
import { isNpmName } from './package.ts';

interface Named {
  readonly name: string;
  readonly version: string;
}

export interface FetchedPackage extends Named {
  /** `name@version` that the entry has, where its address is another package's. */
  readonly listedAs?: string;
}

/**
 * Package managers install what the address has, and check it by the hash beside it: an entry whose address is another
 * package's file is that package, whatever it is listed as. The entry itself where the address says nothing of it.
 */
export function fetchedPackage(listed: Named, address: string | undefined): FetchedPackage {
  const fetched = ownerOf(address ?? '');
  return fetched === undefined ? listed : takenFor(listed, fetched);
}

/** What is fetched, where it is another one than the entry says; a version that is not told is the entry's. */
export function takenFor(
  listed: Named,
  fetched: { readonly name: string; readonly version: string | undefined },
): FetchedPackage {
  const isSame = fetched.version === undefined || loose(fetched.version) === loose(listed.version);
  if (fetched.name === listed.name && isSame) return listed;
  return {
    name: fetched.name,
    version: fetched.version ?? listed.version,
    listedAs: `${listed.name}@${listed.version}`,
  };
}

/** The version is not told by registries that name their files otherwise. */
function ownerOf(address: string): { readonly name: string; readonly version: string | undefined } | undefined {
  const match = /\/((?:@[^/]+\/)?[^/@]+)\/-\/(?:@[^/]+\/)?([^/]+)\.tgz$/.exec(pathOf(address));
  const [, name, file = ''] = match ?? [];
  if (!isNpmName(name)) return undefined;
  const begin = `${name.slice(name.indexOf('/') + 1)}-`;
  return { name, version: file.startsWith(begin) ? file.slice(begin.length) : undefined };
}

/** `/@s/a/-/a-1.0.0.tgz`, also of `https://host/@s%2fa/-/a-1.0.0.tgz#hash`; empty for what is no address. */
function pathOf(address: string): string {
  const path = /^https?:\/\/[^/?#]+([^?#]*)/i.exec(address.slice(0, 4096))?.[1] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** Registries have put versions of before into today's form, and left the files' names: `0.1.2beta` is `0.1.2-beta`. */
function loose(version: string): string {
  return version
    .replace(/^[v=]+/, '')
    .replace(/\+.*$/, '')
    .replaceAll(/-(?=[a-z])/gi, '');
}
