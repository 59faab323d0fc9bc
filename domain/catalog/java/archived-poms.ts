/** The poms Maven puts into the archives it builds, META-INF/maven/<group>/<artifact>/ (Maven Archiver, "addMavenDescriptor"). */

import { ownValue } from '../../own-value.ts';
import type { LicenceClaim } from '../../sbom/component.ts';
import { toLicenceClaim } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { childNamed, childrenNamed, childText, decodeXml, type XmlElement } from '../decode-xml.ts';
import type { MavenPom } from '../manifest.ts';
import { folderOf } from '../path-from-file.ts';
import { parsePom } from './parse-pom.ts';
import { parseProperties } from './parse-properties.ts';
import { type PomTree, pomCoordinates, pomRequires, toPomTree } from './resolve-pom.ts';

/** One artifact that an archive says it is, or has taken in. */
export interface ArchivedPom {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly licences: readonly LicenceClaim[];
  /** `group:artifact` of what it needs to run. */
  readonly requires: readonly string[];
}

const ENTRY = /^META-INF\/maven\/([^/]+)\/([^/]+)\/pom\.(xml|properties)$/;
const COORDINATE = /^[A-Za-z0-9_.+-]{1,255}$/;
/** Real ones have tens of kilobytes. A larger one is not read: it has detail, the properties beside it the name. */
const MAX_POM_BYTES = 1024 * 1024;

export function isPomEntry(name: string): boolean {
  return name.startsWith('META-INF/maven/') && ENTRY.test(name);
}

export function isCoordinate(text: string | undefined): text is string {
  return text !== undefined && COORDINATE.test(text);
}

/** In the order of the archive. pom.properties has what was built; pom.xml, which needs its parents, stands in for it. */
export function archivedPoms(entries: ReadonlyMap<string, Uint8Array>): ArchivedPom[] {
  const documents = documentsIn(entries);
  const tree = toPomTree(new Map([...documents].map(([place, { pom }]) => [place, pom])));
  const folders = new Set([...entries.keys()].filter((name) => ENTRY.test(name)).map((name) => folderOf(name)));
  const found = new Map<string, ArchivedPom>();
  for (const folder of folders) {
    const place = `${folder}/pom.xml`;
    const document = documents.get(place);
    const properties = entries.get(`${folder}/pom.properties`);
    const said =
      (properties === undefined ? undefined : propertiesIn(properties)) ??
      (document === undefined ? undefined : coordinatesIn(place, tree));
    if (said !== undefined)
      found.set(`${said.group}:${said.artifact}:${said.version}`, {
        ...said,
        licences: document?.licences ?? [],
        requires: document === undefined ? [] : pomRequires(place, tree),
      });
  }
  return [...found.values()];
}

type Coordinates = Pick<ArchivedPom, 'group' | 'artifact' | 'version'>;

function propertiesIn(bytes: Uint8Array): Coordinates | undefined {
  const values = parseProperties(decodeLegacyText(bytes));
  return checked(values.get('groupId'), values.get('artifactId'), values.get('version'));
}

/** A pom that lies in another artifact's place is a resource of somebody, not what was built. */
function coordinatesIn(place: string, tree: PomTree): Coordinates | undefined {
  const [, group, artifact] = ENTRY.exec(place) ?? [];
  const said = pomCoordinates(place, tree);
  return said.group === group && said.artifact === artifact ? checked(group, artifact, said.version) : undefined;
}

function checked(group?: string, artifact?: string, version?: string): Coordinates | undefined {
  return isCoordinate(group) && isCoordinate(artifact) && isCoordinate(version)
    ? { group, artifact, version }
    : undefined;
}

interface PomDocument {
  readonly pom: MavenPom;
  readonly licences: readonly LicenceClaim[];
}

function documentsIn(entries: ReadonlyMap<string, Uint8Array>): Map<string, PomDocument> {
  const documents = new Map<string, PomDocument>();
  for (const [name, bytes] of entries) {
    if (!name.endsWith('/pom.xml') || !ENTRY.test(name) || bytes.length > MAX_POM_BYTES) continue;
    try {
      const root = decodeXml(bytes);
      documents.set(name, { pom: parsePom(root), licences: licencesIn(root) });
    } catch (error) {
      // What is wrong in it costs licences and edges, and no component: the archive has a name all the same.
      if (!(error instanceof CatalogError)) throw error;
    }
  }
  return documents;
}

/** Several are a choice (https://maven.apache.org/pom.html#licenses), and often none in truth: they are told one by one. */
function licencesIn(root: XmlElement): LicenceClaim[] {
  return childrenNamed(childNamed(root, 'licenses'), 'license').flatMap((one) => {
    const claim = toMavenLicence(childText(one, 'name') ?? '', childText(one, 'url') ?? '');
    return claim === undefined ? [] : [claim];
  });
}

/** Addresses of licences, without scheme, `www.` and ending: they are plainer than the names authors give. */
const licenceAddresses: Readonly<Record<string, string>> = {
  'apache.org/licenses/license-2.0': 'Apache-2.0',
  'opensource.org/licenses/apache-2.0': 'Apache-2.0',
  'opensource.org/licenses/mit': 'MIT',
  'opensource.org/licenses/mit-license': 'MIT',
  'opensource.org/licenses/bsd-2-clause': 'BSD-2-Clause',
  'opensource.org/licenses/bsd-3-clause': 'BSD-3-Clause',
  'eclipse.org/legal/epl-2.0': 'EPL-2.0',
  'eclipse.org/legal/epl-v20': 'EPL-2.0',
  'eclipse.org/legal/epl-v10': 'EPL-1.0',
  'eclipse.org/org/documents/epl-v10': 'EPL-1.0',
  'eclipse.org/org/documents/edl-v10': 'BSD-3-Clause',
  'gnu.org/licenses/old-licenses/lgpl-2.1': 'LGPL-2.1-only',
  'creativecommons.org/publicdomain/zero/1.0': 'CC0-1.0',
};

/** By its address where that is known, else by its name. Also for Bundle-License, which has one or the other. */
export function toMavenLicence(name: string, address: string): LicenceClaim | undefined {
  const plain = address
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\/(?:www\.)?/, '')
    .replace(/(?:\.txt|\.html?|\.php|\/)$/, '');
  const known = ownValue(licenceAddresses, plain);
  return toLicenceClaim(known ?? (name === '' ? address : name));
}
