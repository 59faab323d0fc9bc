/** Files that cost detail where they can not be read, and no component. By themselves: catalogers are much code to load. */
import { dpkgCopyrightCataloger, dpkgFilesCataloger } from './dpkg/cataloger.ts';
import { goToolchainCataloger, javaReleaseCataloger } from './known-binary/release-files.ts';

const optionalCatalogers = [dpkgCopyrightCataloger, dpkgFilesCataloger, javaReleaseCataloger, goToolchainCataloger];

/** Whether the cataloger of a path relative to the root is one that says `isOptional`. */
export function isOptionalFile(path: string): boolean {
  return optionalCatalogers.some((cataloger) => cataloger.wants(path));
}
