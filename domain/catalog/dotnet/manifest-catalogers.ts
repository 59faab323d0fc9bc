/** Catalogers of what .NET projects say they use. */
import { decodeJson } from '../decode-text.ts';
import { decodeXml } from '../decode-xml.ts';
import { lockfileCataloger, manifestCataloger } from '../manifest-cataloger.ts';
import { nugetNaming as naming } from './naming.ts';
import { parsePackagesConfig } from './parse-packages-config.ts';
import { parsePackagesLock } from './parse-packages-lock.ts';
import { parseProject } from './parse-project.ts';

const PROJECT = /\.(?:cs|fs|vb)proj$|^Directory\.(?:Packages|Build)\.props$/;

export const dotnetManifestCatalogers = [
  lockfileCataloger(
    { name: 'nuget-lockfile', isNamed: (file) => file === 'packages.lock.json', maxMebibytes: 8, naming },
    (bytes) => parsePackagesLock(decodeJson(bytes)),
  ),
  lockfileCataloger(
    { name: 'nuget-packages-config', isNamed: (file) => file === 'packages.config', maxMebibytes: 8, naming },
    (bytes) => parsePackagesConfig(decodeXml(bytes)),
  ),
  manifestCataloger({ name: 'dotnet-project', isNamed: (file) => PROJECT.test(file), maxMebibytes: 8 }, (bytes) => ({
    kind: 'manifest',
    manifest: parseProject(decodeXml(bytes)),
  })),
] as const;
