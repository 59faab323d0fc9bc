/** What differs between two stocks: an artifact and the one before it, or an artifact and the SBOM that was approved. */
import { compareVersions } from '../advisory/compare-versions.ts';
import { normalisePackageName } from '../advisory/package-identity.ts';
import type { Component, FileHash, Stock } from './component.ts';
import { licenceText, splitConjunction, withoutBrackets } from './licence.ts';
import { parsePurl } from './purl.ts';

/**
 * `unordered`: another version, and the ecosystem's order of the two is not known. Under one version, `source`: another
 * repository, commit or address than before, or one instead of the registry; `same`: other bytes.
 */
export type Direction = 'upgraded' | 'downgraded' | 'unordered' | 'source' | 'same';

/** One package that is on both sides, and not the same. */
export interface ComponentChange {
  readonly before: Component;
  readonly after: Component;
  readonly direction: Direction;
}

/** One package whose licences changed, whether or not its version did. */
export interface LicenceChange {
  readonly before: Component;
  readonly after: Component;
}

/** Each list in the order of ecosystem, name and version. */
export interface StockDifference {
  readonly added: readonly Component[];
  readonly removed: readonly Component[];
  readonly changed: readonly ComponentChange[];
  readonly licences: readonly LicenceChange[];
  /** Components that are the same on both sides. */
  readonly same: number;
}

/**
 * Packages are the same one where ecosystem and name are, however it is spelt (`Jinja2`, `jinja2`): SBOMs of other tools spell
 * names and purls in their own way. Where several
 * versions of one package are on a side, those on both sides are the same, and the others are paired in the order of their
 * versions; what has no partner was added or removed.
 */
export function diffStocks(before: Pick<Stock, 'components'>, after: Pick<Stock, 'components'>): StockDifference {
  const { same, ...left } = dropSame(before.components, after.components);
  const [old, young] = [groupByPackage(left.before), groupByPackage(left.after)];
  const found = { added: [], removed: [], changed: [], licences: [], same } as Mutable;
  for (const key of [...new Set([...old.keys(), ...young.keys()])].toSorted())
    compareGroup(old.get(key) ?? [], young.get(key) ?? [], found);
  return found;
}

/** What has the same purl on both sides and is the same needs no partner, and is not kept: both are in the order of purls. */
function dropSame(before: readonly Component[], after: readonly Component[]) {
  const left = { before: [] as Component[], after: [] as Component[], same: 0 };
  const others = after.values();
  let next = others.next();
  for (const one of before) {
    for (; next.done !== true && next.value.purl < one.purl; next = others.next()) left.after.push(next.value);
    if (next.done !== true && next.value.purl === one.purl && isSame(one, next.value)) {
      left.same += 1;
      next = others.next();
    } else left.before.push(one);
  }
  for (; next.done !== true; next = others.next()) left.after.push(next.value);
  return left;
}

function isSame(before: Component, after: Component): boolean {
  return before.version === after.version && licencesOf(before) === licencesOf(after) && !hasOtherBytes(before, after);
}

interface Mutable {
  added: Component[];
  removed: Component[];
  changed: ComponentChange[];
  licences: LicenceChange[];
  same: number;
}

/** Text that sorts by ecosystem, then name. */
function packageKey({ ecosystem, name }: Component): string {
  return `${ecosystem}\u0000${normalisePackageName(ecosystem, name)}`;
}

function groupByPackage(components: readonly Component[]): Map<string, Component[]> {
  return Map.groupBy(components, packageKey);
}

function compareGroup(before: readonly Component[], after: readonly Component[], found: Mutable): void {
  const waiting = new Map<string, Map<string, Component>>();
  for (const one of after) {
    const ofVersion = waiting.get(one.version) ?? new Map<string, Component>();
    waiting.set(one.version, ofVersion.set(one.purl, one));
  }
  const left: Component[] = [];
  for (const one of before) {
    const partners = waiting.get(one.version);
    // Two architectures of one version: the one with the same purl, if there is one.
    const partner = partners?.get(one.purl) ?? partners?.values().next().value;
    if (partners === undefined || partner === undefined) left.push(one);
    else {
      partners.delete(partner.purl);
      comparePair(one, partner, found);
    }
  }
  const right = [...waiting.values()].flatMap((partners) => [...partners.values()]);
  const [olds, news] = [left.toSorted(byVersion), right.toSorted(byVersion)];
  const pairs = Math.min(olds.length, news.length);
  for (let index = 0; index < pairs; index += 1) {
    const [one, other] = [olds[index], news[index]];
    if (one !== undefined && other !== undefined) comparePair(one, other, found);
  }
  for (const one of olds.slice(pairs)) found.removed.push(one);
  for (const one of news.slice(pairs)) found.added.push(one);
}

function byVersion(a: Component, b: Component): number {
  const order = a.version === b.version ? 0 : compareVersions(a.ecosystem, a.version, b.version);
  return order || (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0);
}

function comparePair(before: Component, after: Component, found: Mutable): void {
  const hasOtherLicences = licencesOf(before) !== licencesOf(after);
  if (hasOtherLicences) found.licences.push({ before, after });
  if (before.version !== after.version) found.changed.push({ before, after, direction: directionOf(before, after) });
  else if (hasOtherSource(before, after)) found.changed.push({ before, after, direction: 'source' });
  else if (hasOtherBytes(before, after)) found.changed.push({ before, after, direction: 'same' });
  else if (!hasOtherLicences) found.same += 1;
}

function directionOf(before: Component, after: Component): Direction {
  switch (compareVersions(after.ecosystem, before.version, after.version)) {
    case -1:
      return 'upgraded';
    case 1:
      return 'downgraded';
    case 0:
    case undefined:
      return 'unordered';
  }
}

/** One side without a source says something only where both would: lockfiles do, folders and other tools need not. */
function hasOtherSource(before: Component, after: Component): boolean {
  const [old, young] = [sourceOf(before), sourceOf(after)];
  if (old !== undefined && young !== undefined) return old !== young;
  return old !== young && tellsSource(before) && tellsSource(after);
}

/** The repository with its commit, or the address of the file, or of the charts; `undefined` for what is from a registry. */
function sourceOf({ purl }: Component): string | undefined {
  if (!/[?&](?:vcs|download|repository)_url=/.test(purl)) return undefined;
  const { type, qualifiers = {} } = parsePurl(purl);
  const { vcs_url: repository, download_url: file, repository_url: charts } = qualifiers;
  const told = repository ?? file ?? (type === 'helm' ? charts : undefined);
  // One repository by two ways, and the commit as npm writes it.
  return told
    ?.replace(/^(?:git\+)?(?:https|ssh):\/\/(?:git@)?/, '')
    .replace('#', '@')
    .replace(/(?:\.git)?\/?(?=@[^/@]*$|$)/, '');
}

function tellsSource({ foundBy, fetchedFrom }: Component): boolean {
  return fetchedFrom !== undefined || /lockfile$|^pylock$|^python-requirements$/.test(foundBy);
}

/** True only where both sides name a hash of one algorithm: a side that knows none says nothing. */
function hasOtherBytes(before: Component, after: Component): boolean {
  const known = ownHashes(before);
  const differing = [...ownHashes(after)].filter(([algorithm, value]) => (known.get(algorithm) ?? value) !== value);
  if (before.ecosystem !== 'PyPI') return differing.length > 0;
  // A version has a file for each platform, and lockfiles keep the hashes of some or all: of one whose own hash the other side has
  // too, another file counts here and there.
  const [old, young] = [fileHashes(before), fileHashes(after)];
  const has = (files: ReadonlySet<string>, algorithm: string, value = '') => files.has(`${algorithm}:${value}`);
  if (differing.some(([kind, value]) => !has(old, kind, value) && !has(young, kind, known.get(kind)))) return true;
  const isUnnamed = known.size === 0 || ownHashes(after).size === 0;
  const kinds = kindsIn(young);
  const isComparable = [...kindsIn(old)].some((kind) => kinds.has(kind));
  return isUnnamed && isComparable && ![...old].some((one) => young.has(one));
}

function ownHashes({ hashes }: Component): Map<FileHash['algorithm'], string> {
  return new Map(hashes.map(({ algorithm, value }) => [algorithm, value]));
}

/** `SHA-256:<hex>` of every file that a lockfile lets in. */
function fileHashes({ hashes, lockedHashes = [] }: Component): Set<string> {
  const locked = lockedHashes.flatMap(({ values }) => values);
  return new Set([...hashes.map(({ algorithm, value }) => `${algorithm}:${value}`), ...locked]);
}

function kindsIn(files: ReadonlySet<string>): Set<string> {
  return new Set([...files].map((one) => one.slice(0, one.indexOf(':'))));
}

/** `A AND B` is both of them: documents tell several claims of one package in one expression. */
function licencesOf({ licences }: Component): string {
  const all = licences.flatMap((claim) =>
    claim.kind === 'expression' ? splitConjunction(claim.expression).map(withoutBrackets) : [licenceText(claim)],
  );
  return [...new Set(all)].toSorted().join('\u0000');
}
