import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { installedComponents } from '../installed-packages.ts';
import { gemNaming } from './naming.ts';
import { parseGemspec } from './parse-gemspec.ts';

/** `specifications/json-2.6.1.gemspec` of installed gems, and of those that come with Ruby (`default/`). */
const SPECIFICATION = /(?:^|\/)specifications\/(?:default\/)?[^/]+\.gemspec$/;

/** Installed Ruby gems. A gem's own gemspec in its folder is code of any form, and is left alone. */
export const gemspecCataloger: FileCataloger = {
  kind: 'file',
  name: 'ruby-gemspec',
  maxBytes: 4 * MEBIBYTE,
  wants: (path) => path.endsWith('.gemspec') && SPECIFICATION.test(path),
  catalog: (_path, bytes) => installedComponents([parseGemspec(decodeLegacyText(bytes))], gemNaming, 'ruby-gemspec'),
};
