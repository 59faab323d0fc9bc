import type { LicenceClaim } from '../../sbom/component.ts';
import { type ArchiveCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { archivedPoms, isPomEntry, toMavenLicence } from './archived-poms.ts';
import { identify } from './identify.ts';
import { toJavaComponent } from './package.ts';
import { parseManifest } from './parse-manifest.ts';

const ARCHIVE = /\.(?:jar|war|ear|jpi|hpi|sar|par|lpkg)$/i;
const MANIFEST = 'META-INF/MANIFEST.MF';

/** Java archives, and those inside them. */
export const javaArchiveCataloger: ArchiveCataloger = {
  kind: 'archive',
  name: 'java-archive',
  maxBytes: 512 * MEBIBYTE,
  wants: (path) => ARCHIVE.test(path),
  wantsEntry: (name) => name === MANIFEST || isPomEntry(name),
  isNested: (name) => ARCHIVE.test(name),
  catalog({ path, entries, folders, hashes }) {
    const bytes = entries.get(MANIFEST);
    const manifest = bytes === undefined ? new Map<string, string>() : parseManifest(decodeLegacyText(bytes));
    const bundled = bundleLicences(manifest.get('bundle-license'));
    return identify({ path, poms: archivedPoms(entries), manifest, packages: folders }).map((identity) =>
      toJavaComponent(identity, hashes, bundled),
    );
  },
};

/** Bundle-License (OSGi Core, 3.2.1.10): names or addresses, apart by commas, attributes after a semicolon. */
function bundleLicences(field: string | undefined): LicenceClaim[] {
  return (field ?? '').split(',').flatMap((one) => {
    const said = one.split(';', 1)[0]?.trim().replaceAll('"', '') ?? '';
    const claim = toMavenLicence('', said);
    return claim === undefined ? [] : [claim];
  });
}
