/** Stocks of the platforms of one index, as one: what is in any of them, and in which. */
import type { BuildFact } from './build-fact.ts';
import type { Component, FileHash, Location, Stock, Unreadable } from './component.ts';
import { uniqueLicences } from './licence.ts';

export interface PlatformStock {
  /** `os/arch[/variant]`, or whatever tells it from the others. */
  readonly platform: string;
  readonly stock: Stock;
}

/** In canonical order. An operating system is told where all platforms have the same; the whole is as complete as its parts. */
export function rollUp(parts: readonly PlatformStock[]): Stock {
  const found = parts.flatMap(({ platform, stock }) => stock.components.map((component) => ({ component, platform })));
  const groups = Map.groupBy(found, ({ component }) => component.purl);
  const [system, ...others] = parts.map(({ stock }) => stock.operatingSystem);
  const isShared = others.every((one) => JSON.stringify(one) === JSON.stringify(system));
  const notes = parts.flatMap(({ platform, stock }) => ofPlatform(platform, stock.notes ?? []));
  return {
    components: [...groups]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, group]) =>
        joined(
          group.map(({ component }) => component),
          group.map(({ platform }) => platform),
        ),
      ),
    unreadable: parts.flatMap(({ platform, stock }) => ofPlatform(platform, stock.unreadable)),
    ...(notes.length === 0 ? {} : { notes }),
    ...(system === undefined || !isShared ? {} : { operatingSystem: system }),
    complete: parts.every(({ stock }) => stock.complete),
  };
}

function ofPlatform(platform: string, places: readonly Unreadable[]): Unreadable[] {
  return places.map((one) => ({ ...one, reason: `${platform}: ${one.reason}` }));
}

/** What is said of how each of them was made, by the same source in the same words. */
export function sharedFacts(parts: readonly (readonly BuildFact[])[]): BuildFact[] {
  const [first = [], ...others] = parts;
  return first.filter((fact) => {
    const text = JSON.stringify(fact);
    return others.every((facts) => facts.some((one) => JSON.stringify(one) === text));
  });
}

/** One purl on several platforms. Facts of the first hold where they can not be added up. */
function joined(found: readonly Component[], platforms: readonly string[]): Component {
  const [first] = found;
  if (first === undefined) throw new RangeError('a group without a component');
  const { ownedBy, confidence, bundled, hashes: _, ...rest } = first;
  const said = found.map((one) => one.confidence);
  const confidences = said.flatMap((one) => one ?? []);
  const isSure = confidences.length < said.length;
  const fetchedFrom = unique(found.flatMap((one) => one.fetchedFrom ?? []));
  return {
    ...rest,
    licences: uniqueLicences(found.find(({ licences }) => licences.length > 0)?.licences ?? []),
    hashes: hashesOf(found),
    dependsOn: unique(found.flatMap(({ dependsOn }) => dependsOn)),
    scope: scopeOf(found),
    locations: locationsOf(found),
    ...(fetchedFrom.length === 0 ? {} : { fetchedFrom }),
    ...(isSure || confidence === undefined ? {} : { confidence: Math.max(...confidences) }),
    ...(bundled !== undefined && found.every((one) => one.bundled) ? { bundled } : {}),
    ...(ownedBy !== undefined && found.every((one) => one.ownedBy === ownedBy) ? { ownedBy } : {}),
    platforms: unique(platforms),
  };
}

/** The same package has other bytes on another platform: then a hash is nobody's. */
function hashesOf(found: readonly Component[]): FileHash[] {
  const [first, ...others] = found;
  return (first?.hashes ?? []).filter(({ algorithm, value }) =>
    others.every(({ hashes }) => hashes.every((one) => one.algorithm !== algorithm || one.value === value)),
  );
}

function scopeOf(found: readonly Component[]): Component['scope'] {
  const scopes = new Set(found.map(({ scope }) => scope));
  return scopes.has('runtime') ? 'runtime' : scopes.has('optional') ? 'optional' : 'development';
}

function locationsOf(found: readonly Component[]): Location[] {
  const byPlace = new Map(
    found.flatMap(({ locations }) => locations.map((one) => [`${one.path} ${one.layer ?? ''}`, one] as const)),
  );
  return [...byPlace].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted();
}
