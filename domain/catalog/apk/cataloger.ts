import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { parseInstalled } from './parse-installed.ts';

/** apk-tools 3 keeps it below /usr, with a link from the old place. */
const INSTALLED = new Set(['lib/apk/db/installed', 'usr/lib/apk/db/installed']);

/** Installed packages of Alpine, Wolfi, Chainguard and other distributions of apk. */
export const apkCataloger: FileCataloger = {
  kind: 'file',
  name: 'apk',
  maxBytes: 128 * MEBIBYTE,
  wants: (path) => INSTALLED.has(path),
  catalog: (_path, bytes) => ({
    kind: 'system-packages',
    manager: 'apk',
    packages: parseInstalled(decodeLegacyText(bytes)),
  }),
};
