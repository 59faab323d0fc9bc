import { toLicenceClaim } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { installedComponents } from '../installed-packages.ts';
import type { PackageNaming } from '../locked-packages.ts';
import { fieldOf, parseControl } from '../parse-control.ts';

const DESCRIPTION = /(?:^|\/)(?:site-)?library\/[A-Za-z][A-Za-z0-9.]*\/DESCRIPTION$/;

const cranNaming: PackageNaming = { ecosystem: 'CRAN', purl: (name) => ({ type: 'cran', name }) };

/** Installed R packages (Writing R Extensions, 1.1.1). Only installing one adds the field Built. */
export const rPackageCataloger: FileCataloger = {
  kind: 'file',
  name: 'r-description',
  maxBytes: MEBIBYTE,
  wants: (path) => path.endsWith('/DESCRIPTION') && DESCRIPTION.test(path),
  catalog(_path, bytes) {
    const [fields = new Map<string, string[]>()] = parseControl(decodeLegacyText(bytes)).take(1).toArray();
    if (fieldOf(fields, 'built') === undefined) return undefined;
    const [name, version] = [fieldOf(fields, 'package'), fieldOf(fields, 'version')];
    if (name === undefined || version === undefined)
      throw new CatalogError('UNEXPECTED_SHAPE', 'an installed package without Package and Version');
    const claim = toLicenceClaim(fieldOf(fields, 'license') ?? '');
    const requires = ['depends', 'imports', 'linkingto'].flatMap((field) =>
      (fieldOf(fields, field) ?? '').split(',').map((one) => /^\s*([A-Za-z][A-Za-z0-9.]*)/.exec(one)?.[1] ?? ''),
    );
    const licences = claim === undefined ? [] : [claim];
    const asked = [...new Set(requires)].filter((one) => one !== '' && one !== 'R');
    return installedComponents([{ key: name, name, version, requires: asked, licences }], cranNaming, 'r-description');
  },
};
