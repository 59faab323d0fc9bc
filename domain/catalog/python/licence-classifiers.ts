import type { LicenceClaim } from '../../sbom/component.ts';

/** Trove classifiers (https://pypi.org/classifiers/) that name exactly one SPDX licence. */
const exact: Readonly<Record<string, string>> = {
  'MIT License': 'MIT',
  'MIT No Attribution License (MIT-0)': 'MIT-0',
  'Apache Software License': 'Apache-2.0',
  'ISC License (ISCL)': 'ISC',
  'Mozilla Public License 1.1 (MPL 1.1)': 'MPL-1.1',
  'Mozilla Public License 2.0 (MPL 2.0)': 'MPL-2.0',
  'GNU General Public License v2 (GPLv2)': 'GPL-2.0-only',
  'GNU General Public License v2 or later (GPLv2+)': 'GPL-2.0-or-later',
  'GNU General Public License v3 (GPLv3)': 'GPL-3.0-only',
  'GNU General Public License v3 or later (GPLv3+)': 'GPL-3.0-or-later',
  'GNU Lesser General Public License v2 (LGPLv2)': 'LGPL-2.0-only',
  'GNU Lesser General Public License v2 or later (LGPLv2+)': 'LGPL-2.0-or-later',
  'GNU Lesser General Public License v3 (LGPLv3)': 'LGPL-3.0-only',
  'GNU Lesser General Public License v3 or later (LGPLv3+)': 'LGPL-3.0-or-later',
  'GNU Affero General Public License v3': 'AGPL-3.0-only',
  'GNU Affero General Public License v3 or later (AGPLv3+)': 'AGPL-3.0-or-later',
  'Python Software Foundation License': 'PSF-2.0',
  'The Unlicense (Unlicense)': 'Unlicense',
  'Boost Software License 1.0 (BSL-1.0)': 'BSL-1.0',
  'Zope Public License': 'ZPL-2.1',
  'zlib/libpng License': 'Zlib',
};

/** `undefined` for a classifier that says nothing of a licence; `BSD License` names a family, and stays unresolved. */
export function licenceOfClassifier(classifier: string): LicenceClaim | undefined {
  if (!classifier.startsWith('License ::')) return undefined;
  const last = classifier.split('::').at(-1)?.trim() ?? '';
  if (last === '' || last === 'OSI Approved') return undefined;
  const expression = exact[last];
  return expression === undefined ? { kind: 'unresolved', text: last } : { kind: 'expression', expression };
}
