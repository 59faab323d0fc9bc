/**
 * What catalogers hand on, without the secrets of addresses: whatever a lockfile's parser keeps of one goes through here
 * before it is cached, recorded, signed or shown.
 */
import { createPurl, type PurlParts, parsePurl } from '../sbom/purl.ts';
import type { FileFacts, FoundComponent } from './layer-findings.ts';
import { SCHEME_END, withoutCredentials } from './public-address.ts';

export function publicFacts(facts: FileFacts): FileFacts {
  switch (facts.kind) {
    case 'components':
      return {
        ...facts,
        components: facts.components.map(publicComponent),
        ...(facts.names === undefined ? {} : { names: facts.names.map(withoutCredentials) }),
        ...(facts.indexes === undefined ? {} : { indexes: facts.indexes.map(withoutCredentials) }),
      };
    case 'unreadable':
      return { ...facts, reason: withoutCredentials(facts.reason) };
    case 'system-packages':
    case 'owned-files':
    case 'dpkg-licences':
    case 'operating-system':
    case 'manifest':
    case 'link':
    case 'vendored':
      return facts;
  }
}

/** As an address may stand where a version or a range does; a purl has an `@` of its own. */
function isShort(text: string): boolean {
  const colon = text.indexOf(':');
  return colon !== -1 && text.includes('@', colon);
}

/** The component itself where it has no address: nearly always. */
export function publicComponent(found: FoundComponent): FoundComponent {
  const { purl, name, version, listedAs, askedFor, dependsOn, fetchedFrom } = found;
  const purls = [purl, ...dependsOn, ...(askedFor ?? []).map(({ by }) => by ?? '')];
  const texts = [name, version, listedAs ?? '', ...(fetchedFrom ?? []), ...(askedFor ?? []).map(({ range }) => range)];
  if (![...purls, ...texts].some((one) => SCHEME_END.test(one)) && !texts.some(isShort)) return found;
  return {
    ...found,
    purl: publicPurl(purl),
    advisoryName: withoutCredentials(found.advisoryName),
    name: withoutCredentials(name),
    version: withoutCredentials(version),
    advisoryVersion: withoutCredentials(found.advisoryVersion),
    dependsOn: dependsOn.map(publicPurl),
    ...(listedAs === undefined ? {} : { listedAs: withoutCredentials(listedAs) }),
    ...(fetchedFrom === undefined ? {} : { fetchedFrom: fetchedFrom.map(withoutCredentials) }),
    ...(askedFor === undefined
      ? {}
      : {
          askedFor: askedFor.map(({ by, range }) => ({
            ...(by === undefined ? {} : { by: publicPurl(by) }),
            range: withoutCredentials(range),
          })),
        }),
  };
}

/** As it is written where it has no secret: others spell purls in their own way. */
function publicPurl(purl: string): string {
  if (!SCHEME_END.test(purl)) return purl;
  const parts = parsePurl(purl);
  const { name, version, qualifiers } = parts;
  const cleaned: PurlParts = {
    ...parts,
    name: withoutCredentials(name),
    ...(version === undefined ? {} : { version: withoutCredentials(version) }),
    ...(qualifiers === undefined
      ? {}
      : {
          qualifiers: Object.fromEntries(
            Object.entries(qualifiers).map(([key, value = '']) => [key, withoutCredentials(value)]),
          ),
        }),
  };
  return createPurl(cleaned) === createPurl(parts) ? purl : createPurl(cleaned);
}
