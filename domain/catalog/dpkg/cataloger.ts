import { CatalogError } from '../catalog-error.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { parseCopyright } from './parse-copyright.ts';
import { parseMd5sums } from './parse-md5sums.ts';
import { parseStatus } from './parse-status.ts';

const STATUS = 'var/lib/dpkg/status';
const STATUS_D = 'var/lib/dpkg/status.d/';
const MD5SUMS = /^var\/lib\/dpkg\/(?:info|status\.d)\/([^/:]+)(?::[^/]+)?\.md5sums$/;
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
    return { kind: 'system-packages', manager: 'dpkg', packages: parseStatus(text) };
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

/** Which files dpkg installed: what is found in them belongs to its packages. */
export const dpkgFilesCataloger: FileCataloger = {
  kind: 'file',
  name: 'dpkg-files',
  isOptional: true,
  maxBytes: 32 * MEBIBYTE,
  wants: (path) => path.endsWith('.md5sums') && MD5SUMS.test(path),
  catalog(path, bytes) {
    const files = parseMd5sums(decodeLegacyText(bytes));
    const name = MD5SUMS.exec(path)?.[1];
    return name === undefined || files.length === 0 ? undefined : { kind: 'owned-files', package: name, files };
  },
};
