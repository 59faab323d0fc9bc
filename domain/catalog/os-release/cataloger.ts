import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { parseOsRelease } from './parse-os-release.ts';

/** In the order os-release(5) gives them: the first one there is counts. */
export const osReleasePaths = ['etc/os-release', 'usr/lib/os-release'] as const;

/** Which operating system the files belong to. Finds no component: it gives others their context. */
export const osReleaseCataloger: FileCataloger = {
  kind: 'file',
  name: 'os-release',
  maxBytes: MEBIBYTE,
  wants: (path) => (osReleasePaths as readonly string[]).includes(path),
  catalog(_path, bytes) {
    const operatingSystem = parseOsRelease(decodeLegacyText(bytes));
    return operatingSystem === undefined ? undefined : { kind: 'operating-system', operatingSystem };
  },
};
