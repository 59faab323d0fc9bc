import { CatalogError } from '../catalog-error.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { parseCopyright } from './parse-copyright.ts';
import { parseStatus } from './parse-status.ts';

const STATUS = 'var/lib/dpkg/status';
const STATUS_D = 'var/lib/dpkg/status.d/';
const COPYRIGHT = /^usr\/share\/doc\/([^/]+)\/copyright$/;

/** Installed Debian packages, at the places dpkg keeps them. They become components once the distribution is known. */
export const dpkgCataloger: FileCataloger = {
  kind: 'file',
  name: 'dpkg',
  maxBytes: 64 * MEBIBYTE,
  wants: (path) => path === STATUS || (path.startsWith(STATUS_D) && !path.endsWith('.md5sums')),
  catalog(_path, bytes) {
    const text = decodeLegacyText(bytes);
    // dpkg ends every paragraph with a newline: a file without one was cut off in the middle of a line.
    if (text !== '' && !text.endsWith('\n')) throw new CatalogError('TRUNCATED', 'the last line is cut off');
    return { kind: 'dpkg-packages', packages: parseStatus(text) };
  },
};

/** Licences of Debian packages, where their copyright file is machine-readable. */
export const dpkgCopyrightCataloger: FileCataloger = {
  kind: 'file',
  name: 'dpkg-copyright',
  isOptional: true,
  maxBytes: 4 * MEBIBYTE,
  wants: (path) => COPYRIGHT.test(path),
  catalog(path, bytes) {
    const licences = parseCopyright(decodeLegacyText(bytes));
    const name = COPYRIGHT.exec(path)?.[1];
    return name === undefined || licences.length === 0 ? undefined : { kind: 'dpkg-licences', package: name, licences };
  },
};
