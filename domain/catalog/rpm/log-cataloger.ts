import { CatalogError } from '../catalog-error.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { hasCommittedPages, isHotJournal } from './sqlite-log.ts';

const LOG = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/rpmdb\.sqlite-(?:wal|journal)$/;

/**
 * What rpm wrote last, where it was ended before that was in its database: packages it brought or removed are told by no
 * other file. Finds nothing; throws a CatalogError where there is something in it. rpm leaves an empty log behind.
 */
export const rpmLogCataloger: FileCataloger = {
  kind: 'file',
  name: 'rpm-log',
  maxBytes: 512 * MEBIBYTE,
  wants: (path) => LOG.test(path),
  catalog(path, bytes) {
    if (path.endsWith('-wal') && hasCommittedPages(bytes))
      throw new CatalogError(
        'UNEXPECTED_SHAPE',
        'changes that are not in rpmdb.sqlite yet: packages they bring or remove are not known; `rpm --rebuilddb` carries them over',
      );
    if (path.endsWith('-journal') && isHotJournal(bytes))
      throw new CatalogError(
        'UNEXPECTED_SHAPE',
        'a change of rpmdb.sqlite that was not finished: what it says of packages is not sure; `rpm --rebuilddb` undoes it',
      );
    return undefined;
  },
};
