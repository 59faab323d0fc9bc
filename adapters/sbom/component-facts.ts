/** Facts of a component that the formats have no field for: they travel as CycloneDX properties, and in SPDX annotations. */
import { z } from 'zod';
import { foundComponentSchema } from '../../domain/catalog/layer-findings.ts';
import { type Component, type Ecosystem, ecosystems } from '../../domain/sbom/component.ts';

/** A fact that catalogers learn to tell is a line here, and then in every format. */
export const componentFactsSchema = z.object({
  foundBy: z.string().max(100).optional(),
  ecosystem: foundComponentSchema.shape.ecosystem.optional(),
  advisoryName: z.string().max(1000).optional(),
  advisoryVersion: z.string().max(1000).optional(),
  release: z.string().max(100).optional(),
  confidence: z.number().min(0).max(1).optional(),
  ownedBy: z.string().max(4096).optional(),
  fetchedFrom: z.array(z.string().max(4096)).max(1000).optional(),
  listedAs: z.string().max(1000).optional(),
  pin: foundComponentSchema.shape.pin,
  checksum: z.string().max(1000).optional(),
  installScript: z.literal(true).optional(),
  bundled: z.literal(true).optional(),
  platforms: z.array(z.string().max(1000)).max(1000).optional(),
});
export type ComponentFacts = z.infer<typeof componentFactsSchema>;

const isText = (most: number) => (value: unknown) => typeof value === 'string' && value.length <= most;
const isList = (most: number) => (value: unknown) =>
  Array.isArray(value) && value.length <= 1000 && (value as unknown[]).every(isText(most));
const isTrue = (value: unknown) => value === true;

/** What the schema takes as each, in its order: a short command reads thousands of them, and is not to make the schema for it. */
export const factChecks: Readonly<Record<keyof ComponentFacts, (value: unknown) => boolean>> = {
  foundBy: isText(100),
  ecosystem: (value) => ecosystems.includes(value as Ecosystem),
  advisoryName: isText(1000),
  advisoryVersion: isText(1000),
  release: isText(100),
  confidence: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  ownedBy: isText(4096),
  fetchedFrom: isList(4096),
  listedAs: isText(1000),
  pin: (value) => pins.has(value),
  checksum: isText(1000),
  installScript: isTrue,
  bundled: isTrue,
  platforms: isList(1000),
};
const pins: ReadonlySet<unknown> = new Set(['digest', 'tag', 'branch'] satisfies ComponentFacts['pin'][]);
const keys = Object.keys(factChecks) as (keyof ComponentFacts)[];

/** Those that are known of it. */
export function factsOf(component: Component): ComponentFacts {
  return Object.fromEntries(keys.flatMap((key) => (component[key] === undefined ? [] : [[key, component[key]]])));
}

/** As names and texts, in a fixed order; lists have a number each. */
export function factPairs(component: Component, prefix: string): [string, string][] {
  return keys.flatMap((key): [string, string][] => {
    const value = component[key];
    if (value === undefined) return [];
    if (typeof value === 'object') return value.map((one, index) => [`${prefix}${key}:${index}`, one]);
    return [[`${prefix}${key}`, String(value)]];
  });
}

/** The facts again; one that is not as it should be is left out. */
export function readFactPairs(told: ReadonlyMap<string, string>, prefix: string): ComponentFacts {
  const entries = keys.flatMap((key) => {
    const value = parseFact(key, told, prefix);
    return value !== undefined && factChecks[key](value) ? [[key, value]] : [];
  });
  return Object.fromEntries(entries) as ComponentFacts;
}

function parseFact(key: keyof ComponentFacts, told: ReadonlyMap<string, string>, prefix: string): unknown {
  const text = told.get(`${prefix}${key}`);
  switch (key) {
    case 'fetchedFrom':
    case 'platforms': {
      const list: string[] = [];
      for (let one = told.get(`${prefix}${key}:0`); one !== undefined; one = told.get(`${prefix}${key}:${list.length}`))
        list.push(one);
      return list.length === 0 ? undefined : list;
    }
    case 'confidence':
      return text === undefined ? undefined : Number(text);
    case 'installScript':
    case 'bundled':
      return text === 'true' ? true : undefined;
    default:
      return text;
  }
}
