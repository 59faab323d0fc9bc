import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { toPythonComponent } from './package.ts';
import { parseMetadata } from './parse-metadata.ts';

/** `x.dist-info/METADATA` of wheels; `x.egg-info/PKG-INFO` and the single file `x.egg-info` of older installations. */
const METADATA = /(?:^|\/)[^/]+(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|-[^/]+\.egg-info)$/;

/** Python distributions installed in a site-packages or dist-packages folder. */
export const pythonDistInfoCataloger: FileCataloger = {
  kind: 'file',
  name: 'python-dist-info',
  maxBytes: 8 * MEBIBYTE,
  wants: (path) => METADATA.test(path),
  catalog: (_path, bytes) => ({
    kind: 'components',
    components: [toPythonComponent(parseMetadata(decodeLegacyText(bytes)))],
  }),
};
