import type { LicenceClaim } from '../../sbom/component.ts';
import { toLicenceClaim } from '../../sbom/licence.ts';
import { type ArchiveCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { identify } from './identify.ts';
import { toJavaComponent } from './package.ts';
import { parseManifest } from './parse-manifest.ts';

const ARCHIVE = /\.(?:jar|war|ear|jpi|hpi|sar|par|lpkg)$/i;
const POM = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MANIFEST = 'META-INF/MANIFEST.MF';

/** Addresses that Bundle-License uses for licences, without scheme, `www.` and ending. */
const licenceAddresses: Readonly<Record<string, string>> = {
  'apache.org/licenses/license-2.0': 'Apache-2.0',
  'opensource.org/licenses/apache-2.0': 'Apache-2.0',
  'opensource.org/licenses/mit': 'MIT',
  'opensource.org/licenses/mit-license': 'MIT',
  'opensource.org/licenses/bsd-3-clause': 'BSD-3-Clause',
  'eclipse.org/legal/epl-2.0': 'EPL-2.0',
  'eclipse.org/legal/epl-v10': 'EPL-1.0',
  'eclipse.org/org/documents/edl-v10': 'BSD-3-Clause',
};

/** Java archives, and those inside them. */
export const javaArchiveCataloger: ArchiveCataloger = {
  kind: 'archive',
  name: 'java-archive',
  maxBytes: 512 * MEBIBYTE,
  wants: (path) => ARCHIVE.test(path),
  wantsEntry: (name) => name === MANIFEST || POM.test(name),
  isNested: (name) => ARCHIVE.test(name),
  catalog({ path, entries, hashes }) {
    const poms = [...entries].filter(([name]) => POM.test(name)).map(([, bytes]) => decodeLegacyText(bytes));
    const manifest = entries.get(MANIFEST);
    const text = manifest === undefined ? undefined : decodeLegacyText(manifest);
    const licences = text === undefined ? [] : licencesOf(parseManifest(text).get('bundle-license'));
    return identify(path, poms, text).map((identity) => toJavaComponent(identity, hashes, licences));
  },
};

/** Bundle-License (OSGi Core, 3.2.1.10): names or addresses, apart by commas, attributes after a semicolon. */
function licencesOf(field: string | undefined): LicenceClaim[] {
  return (field ?? '').split(',').flatMap((one) => {
    const said = one.split(';', 1)[0]?.trim().replaceAll('"', '') ?? '';
    const address = said
      .toLowerCase()
      .replace(/^https?:\/\/(?:www\.)?/, '')
      .replace(/(?:\.txt|\.html?|\.php|\/)$/, '');
    const claim = toLicenceClaim(licenceAddresses[address] ?? said);
    return claim === undefined ? [] : [claim];
  });
}
