import { CatalogError } from '../catalog-error.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { isBdb, readBdbValues } from './bdb-blobs.ts';
import { isNdb, readNdbBlobs } from './ndb-blobs.ts';
import { toRpmPackages } from './package.ts';
import { parseHeader, type RpmHeader } from './parse-header.ts';
import { isSqlite, readSqliteTable } from './sqlite-table.ts';

/** Of Fedora and Red Hat until 2021 and since; of openSUSE since its immutable systems; of ostree. */
const DATABASE = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/(?:rpmdb\.sqlite|Packages\.db|Packages)$/;
const MAX_PACKAGES = 100_000;
/** The smallest value that can be a header: rpm's Berkeley DB has a counter of four bytes among them. */
const SMALLEST_HEADER = 8 + 3 * 16;

/** Installed packages of rpm, in each of the three databases it has had. */
export const rpmCataloger: FileCataloger = {
  kind: 'file',
  name: 'rpm',
  maxBytes: 512 * MEBIBYTE,
  wants: (path) => DATABASE.test(path),
  catalog(_path, bytes) {
    const headers: RpmHeader[] = [];
    for (const blob of blobsOf(bytes)) {
      headers.push(parseHeader(blob));
      if (headers.length > MAX_PACKAGES) throw new CatalogError('TOO_MANY', `more than ${MAX_PACKAGES} packages`);
    }
    return { kind: 'system-packages', manager: 'rpm', packages: toRpmPackages(headers) };
  },
};

function* blobsOf(bytes: Uint8Array): Generator<Uint8Array> {
  if (isSqlite(bytes)) {
    for (const [, blob] of readSqliteTable(bytes, 'Packages')) {
      if (!(blob instanceof Uint8Array)) throw new CatalogError('UNEXPECTED_SHAPE', 'a row without a header');
      yield blob;
    }
  } else if (isNdb(bytes)) {
    yield* readNdbBlobs(bytes);
  } else if (isBdb(bytes)) {
    for (const value of readBdbValues(bytes)) if (value.length >= SMALLEST_HEADER) yield value;
  } else {
    throw new CatalogError('UNEXPECTED_SHAPE', 'none of the databases rpm keeps: SQLite, ndb, Berkeley DB');
  }
}
