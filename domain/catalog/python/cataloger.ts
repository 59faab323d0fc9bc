import { type ArchiveCataloger, type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { toPythonComponent } from './package.ts';
import { parseMetadata } from './parse-metadata.ts';

/**
 * `x.dist-info/METADATA` of wheels; `x.egg-info/PKG-INFO`, the single file `x.egg-info` and the folder `x.egg` of older
 * installations.
 */
const METADATA =
  /(?:^|\/)[^/]+(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg\/EGG-INFO\/PKG-INFO|-[^/]+\.egg-info)$/;
/** Where distributions carry copies of others: `setuptools/_vendor`. pip does not look there. */
const VENDORED = /(?:^|\/)_?vendor(?:ed)?(?:_packages)?\//;
const EGG_METADATA = 'EGG-INFO/PKG-INFO';

/** Python distributions installed in a site-packages or dist-packages folder. */
export const pythonDistInfoCataloger: FileCataloger = {
  kind: 'file',
  name: 'python-dist-info',
  maxBytes: 8 * MEBIBYTE,
  wants: (path) => METADATA.test(path),
  catalog(path, bytes) {
    const found = toPythonComponent(parseMetadata(decodeLegacyText(bytes)));
    return { kind: 'components', components: [VENDORED.test(path) ? { ...found, bundled: true } : found] };
  },
};

/** Python distributions in one zip file, as `easy_install` put them into site-packages. */
export const pythonEggCataloger: ArchiveCataloger = {
  kind: 'archive',
  name: 'python-egg',
  maxBytes: 256 * MEBIBYTE,
  wants: (path) => path.endsWith('.egg'),
  wantsEntry: (name) => name === EGG_METADATA,
  isNested: () => false,
  catalog({ entries }) {
    const metadata = entries.get(EGG_METADATA);
    return metadata === undefined ? [] : [toPythonComponent(parseMetadata(decodeLegacyText(metadata)))];
  },
};
