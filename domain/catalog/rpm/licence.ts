/**
 * Licence tags as Fedora wrote them before it took up SPDX in 2022, and Red Hat 8 and 9 and CentOS still do
 * (https://docs.fedoraproject.org/en-US/legal/allowed-licenses/, the column "Fedora abbreviation").
 * Only abbreviations that mean one licence: `BSD` and `MIT` stand for families there; `MIT` is an SPDX name all the same.
 */
const abbreviations: Readonly<Record<string, string>> = {
  gpl: 'GPL-1.0-or-later',
  'gpl+': 'GPL-1.0-or-later',
  gplv2: 'GPL-2.0-only',
  'gplv2+': 'GPL-2.0-or-later',
  gplv3: 'GPL-3.0-only',
  'gplv3+': 'GPL-3.0-or-later',
  'lgplv2+': 'LGPL-2.0-or-later',
  lgplv2: 'LGPL-2.0-only',
  'lgplv2.1': 'LGPL-2.1-only',
  'lgplv2.1+': 'LGPL-2.1-or-later',
  lgplv3: 'LGPL-3.0-only',
  'lgplv3+': 'LGPL-3.0-or-later',
  agplv3: 'AGPL-3.0-only',
  'agplv3+': 'AGPL-3.0-or-later',
  'asl 2.0': 'Apache-2.0',
  'asl 1.1': 'Apache-1.1',
  'mplv1.1': 'MPL-1.1',
  'mplv2.0': 'MPL-2.0',
  boost: 'BSL-1.0',
  zlib: 'Zlib',
  openssl: 'OpenSSL',
  isc: 'ISC',
  python: 'PSF-2.0',
  'epl-1.0': 'EPL-1.0',
  'artistic 2.0': 'Artistic-2.0',
  vim: 'Vim',
  openldap: 'OLDAP-2.8',
  unlicense: 'Unlicense',
  cc0: 'CC0-1.0',
};

/** `GPLv2+ and (ASL 2.0 or MIT)` with SPDX's names and operators; what is not known stays as it is. */
export function toRpmLicence(text: string): string {
  return text
    .split(/(\s+(?:and|or|with)\s+|[()])/i)
    .map((part) => {
      const word = part.trim();
      if (/^(?:and|or|with)$/i.test(word)) return ` ${word.toUpperCase()} `;
      return abbreviations[word.toLowerCase()] ?? word;
    })
    .join('');
}
