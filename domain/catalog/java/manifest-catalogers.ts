/** Catalogers of what Maven and Gradle projects say they use. */
import { decodeText } from '../decode-text.ts';
import { decodeToml } from '../decode-toml.ts';
import { decodeXml } from '../decode-xml.ts';
import { lockfileCataloger, manifestCataloger } from '../manifest-cataloger.ts';
import { mavenNaming as naming } from './naming.ts';
import { parseGradleLockfile } from './parse-gradle-lockfile.ts';
import { parsePom } from './parse-pom.ts';
import { parseVersionCatalog } from './parse-version-catalog.ts';

export const javaManifestCatalogers = [
  manifestCataloger({ name: 'maven-pom', isNamed: (file) => file === 'pom.xml', maxMebibytes: 8 }, (bytes) => ({
    kind: 'manifest',
    manifest: parsePom(decodeXml(bytes)),
  })),
  lockfileCataloger(
    {
      name: 'gradle-lockfile',
      isNamed: (file) => file === 'gradle.lockfile' || file === 'buildscript-gradle.lockfile',
      maxMebibytes: 8,
      naming,
    },
    (bytes) => parseGradleLockfile(decodeText(bytes)),
  ),
  lockfileCataloger(
    { name: 'gradle-version-catalog', isNamed: (file) => file.endsWith('.versions.toml'), maxMebibytes: 8, naming },
    (bytes) => parseVersionCatalog(decodeToml(bytes)),
  ),
] as const;
