/** Where a component was found, by which cataloger, from which bytes: for whoever does not believe it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createStandings, type Standing } from '../../domain/advisory/left-to-distribution.ts';
import type { Component, Location } from '../../domain/sbom/component.ts';
import { findComponents, similarNames } from '../../domain/sbom/find-components.ts';
import { licenceText } from '../../domain/sbom/licence.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { printable } from './printable.ts';
import type { SourceStock } from './source.ts';
import { formatRows } from './text-table.ts';

const MAX_EDGES_SHOWN = 10;

/** One place; `file` where its bytes are on this machine. */
interface ExplainedLocation extends Location {
  readonly file?: { readonly size: number; readonly sha256: string };
}

interface ExplainedComponent extends Omit<Component, 'locations'> {
  readonly locations: readonly ExplainedLocation[];
  /** purls that depend on it. */
  readonly neededBy: readonly string[];
  /** Whose advisories answer for it, where a package of the system has all of it. */
  readonly advisories?: Exclude<Standing, { readonly kind: 'own' }>;
}

interface Explanation {
  readonly source: string;
  readonly components: readonly ExplainedComponent[];
}

/** `folder` is where the paths of a directory's stock begin. Throws a CliError (COMPONENT_NOT_FOUND) that names similar ones. */
export async function explainComponent(
  wanted: string,
  { taken, folder, describe }: { taken: SourceStock; folder: string | undefined; describe: string },
): Promise<Explanation> {
  const { components } = taken.stock;
  const found = findComponents(components, wanted);
  if (found.length === 0) {
    const similar = similarNames(components, wanted, 3);
    throw new CliError(exitCodes.infrastructure, 'COMPONENT_NOT_FOUND', `${wanted}: not in ${describe}`, {
      hint:
        similar.length === 0
          ? `${components.length} components are there: pratique sbom ... -o table lists them`
          : `There is ${similar.join(', ')}`,
    });
  }
  const standingOf = createStandings(components);
  return {
    source: describe,
    components: await Promise.all(
      found.map(async (one) => ({
        ...one,
        ...advisoriesOf(standingOf(one)),
        locations: await Promise.all(one.locations.map((location) => explainLocation(location, folder))),
        neededBy: components.filter(({ dependsOn }) => dependsOn.includes(one.purl)).map(({ purl }) => purl),
      })),
    ),
  };
}

function advisoriesOf(standing: Standing): Pick<ExplainedComponent, 'advisories'> {
  return standing.kind === 'own' ? {} : { advisories: standing };
}

/** The file itself, or the archive it is in. What is no longer there is left out: it changed since it was read. */
async function explainLocation(location: Location, folder: string | undefined): Promise<ExplainedLocation> {
  const [outer = ''] = location.path.split('!/', 1);
  if (folder === undefined || outer === '') return location;
  const place = path.join(folder, outer);
  try {
    const { size } = await stat(place);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(place)) hash.update(chunk as Uint8Array);
    return { ...location, file: { size, sha256: hash.digest('hex') } };
  } catch {
    return location;
  }
}

export function formatExplanation({ source, components }: Explanation): string {
  return components.map((one) => formatOne(one, source)).join('\n');
}

function formatOne(one: ExplainedComponent, source: string): string {
  const rows = [
    ['name', `${one.name} ${one.version}`],
    ['type', `${one.ecosystem}, ${one.scope}`],
    ['in', source],
    ['found by', `${one.foundBy}${one.confidence === undefined ? '' : `, ${Math.round(one.confidence * 100)} % sure`}`],
    ...one.locations.flatMap(({ path: place, layer, file }) => [
      ['found at', place],
      ...(layer === undefined ? [] : [['', `layer ${layer} (uncompressed)`]]),
      ...(file === undefined ? [] : [['', `${file.size} bytes, sha256:${file.sha256}`]]),
    ]),
    ...(one.bundled === undefined ? [] : [['bundled', 'it lies inside another package, and is updated with that']]),
    ...(one.ownedBy === undefined ? [] : [['installed by', one.ownedBy]]),
    ...(one.advisories === undefined ? [] : [['', describeStanding(one.advisories)]]),
    ...one.hashes.map(({ algorithm, value }) => ['its own hash', `${algorithm} ${value}`]),
    ['licence', one.licences.length === 0 ? 'not said' : one.licences.map(licenceText).join(', ')],
    ...(one.supplier === undefined ? [] : [['supplier', one.supplier]]),
    [
      'advisories of',
      `${one.advisoryName} ${one.advisoryVersion}${one.release === undefined ? '' : `, release ${one.release}`}`,
    ],
    ...edges('needs', one.dependsOn),
    ...edges('needed by', one.neededBy),
  ];
  return `${printable(one.purl)}\n${formatRows(rows.map((row) => row.map(printable)))}`;
}

function describeStanding(standing: Exclude<Standing, { readonly kind: 'own' }>): string {
  return standing.kind === 'left'
    ? `left to the advisories of ${standing.distribution}, where there are any`
    : `not left to the advisories of a distribution: ${standing.because}`;
}

function edges(label: string, purls: readonly string[]): string[][] {
  const shown = purls.slice(0, MAX_EDGES_SHOWN).map((purl, index) => [index === 0 ? label : '', purl]);
  return purls.length > MAX_EDGES_SHOWN ? [...shown, ['', `and ${purls.length - MAX_EDGES_SHOWN} more`]] : shown;
}
