/** yarn.lock of yarn 1 (https://classic.yarnpkg.com/lang/en/docs/yarn-lock/): indented blocks, nearly YAML. */
import type { AskedRange } from '../../sbom/component.ts';
import { CatalogError } from '../catalog-error.ts';
import { hexHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { fetchedPackage } from '../npm/fetched-package.ts';
import { isTarball } from '../npm/package.ts';
import { parseIntegrity } from '../npm/parse-integrity.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';

interface Block {
  /** `a@^1.0.0`, one for each range that leads here. */
  readonly descriptors: readonly string[];
  readonly fields: Map<string, string>;
  readonly dependencies: string[];
}

const MAX_BLOCKS = 200_000;

/** Folders of the project (`file:`, `link:`) are left out. Throws a CatalogError where the text is no yarn.lock. */
export function parseClassicLock(text: string): LockedPackage[] {
  const blocks = readBlocks(text).filter((block) => !isFolder(keyOf(block)));
  const byDescriptor = new Map(blocks.flatMap((block) => block.descriptors.map((one) => [one, keyOf(block)] as const)));
  const asking = Map.groupBy(
    blocks.flatMap((block) => block.dependencies.map((descriptor) => ({ descriptor, by: keyOf(block) }))),
    ({ descriptor }) => descriptor,
  );
  return blocks.map((block) => ({
    ...toPackage(block),
    requires: block.dependencies.flatMap((descriptor) => byDescriptor.get(descriptor) ?? []),
    askedFor: block.descriptors.flatMap((one) => askedFor(rangeOf(one), asking.get(one))),
  }));
}

/** What no package asks for, the project does. */
function askedFor(range: string, asking: readonly { readonly by: string }[] | undefined): AskedRange[] {
  return asking === undefined ? [{ range }] : asking.map(({ by }) => ({ by, range }));
}

/** `^1.0.0` of `@s/a@^1.0.0`. */
function rangeOf(descriptor: string): string {
  return descriptor.slice(descriptor.indexOf('@', 1) + 1);
}

/** `mylib@file:./mylib`; an archive of the project is somebody's package, and stays. */
function isFolder(descriptor: string): boolean {
  const path = /^(?:@[^/@]+\/)?[^@]+@(?:file|link):(.*)/.exec(descriptor)?.[1];
  return path !== undefined && !isTarball(path);
}

function keyOf({ descriptors }: Block): string {
  return descriptors[0] ?? '';
}

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const indent = line.search(/[^ ]/);
    const body = line.trim();
    const block = blocks.at(-1);
    if (indent === 0) {
      blocks.push({ descriptors: readDescriptors(body), fields: new Map(), dependencies: [] });
      if (blocks.length > MAX_BLOCKS) throw new CatalogError('TOO_MANY', `more than ${MAX_BLOCKS} entries`);
    } else if (block === undefined) throw broken();
    else if (indent === 2 && body.endsWith(':')) section = body.slice(0, -1);
    else if (indent === 2) block.fields.set(...readPair(body));
    else if (section === 'dependencies' || section === 'optionalDependencies') {
      block.dependencies.push(readPair(body).join('@'));
    }
  }
  return blocks;
}

function readDescriptors(body: string): string[] {
  if (!body.endsWith(':')) throw broken();
  return body
    .slice(0, -1)
    .split(/,\s*/)
    .map((one) => unquote(one.trim()));
}

function readPair(body: string): [string, string] {
  const match = /^("[^"]*"|\S+)\s+(.+)$/.exec(body);
  if (match?.[1] === undefined || match[2] === undefined) throw broken();
  return [unquote(match[1]), unquote(match[2])];
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

function broken(): CatalogError {
  return new CatalogError('UNEXPECTED_SHAPE', 'yarn.lock is not as yarn writes it');
}

function toPackage(block: Block): LockedPackage {
  // `alias@npm:name@range` is `name` under another name.
  const descriptor = /^(?:.+@npm:)?((?:@[^/@]+\/)?[^@]+)@/.exec(`${keyOf(block)}@`);
  const version = block.fields.get('version');
  if (descriptor?.[1] === undefined || version === undefined) throw broken();
  const resolved = block.fields.get('resolved');
  const [address, fragment] = (resolved ?? '').split('#', 2);
  const integrity = parseIntegrity(block.fields.get('integrity') ?? '');
  const isGit = /^git|\.git$/.test(address ?? '');
  const isPublished = /\/-\/[^/]+\.tgz$|^$/.test(address ?? '');
  return {
    key: keyOf(block),
    ...fetchedPackage({ name: descriptor[1], version }, address),
    requires: [],
    hashes: integrity.length > 0 || isGit ? integrity : hexHash('SHA-1', fragment),
    ...(isGit
      ? { vcsUrl: vcsUrl(address ?? '', fragment) }
      : { fetchedFrom: originsOf(address), downloadUrl: isPublished ? undefined : publicAddress(address ?? '') }),
  };
}
