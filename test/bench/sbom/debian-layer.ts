/** A layer of Debian packages, as dpkg leaves it, without running their scripts: unpacked by apt and dpkg-deb. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { shell } from './shell.ts';

const DATABASE = 'var/lib/dpkg';

/**
 * Installs packages and what they depend on into `folder`, on top of the database of `below`, the folder of an earlier layer.
 * The database is written whole, as in a real image.
 */
export function debianLayer(folder: string, packages: readonly string[], below?: string): void {
  const staging = mkdtempSync(path.join(tmpdir(), 'pratique-debs-'));
  const database = path.join(folder, DATABASE);
  const status = path.join(database, 'status');
  mkdirSync(path.join(database, 'info'), { recursive: true });
  mkdirSync(path.join(staging, 'partial'));
  try {
    if (below === undefined) writeFileSync(status, '');
    else cpSync(path.join(below, DATABASE, 'status'), status);
    const options = `-o Dir::State::status=${status} -o Dir::Cache::archives=${staging} -o APT::Sandbox::User=root`;
    shell(staging, `apt-get ${options} --no-install-recommends -y -q --download-only install "$@"`, packages);
    for (const deb of readdirSync(staging)
      .filter((name) => name.endsWith('.deb'))
      .toSorted())
      installPackage(path.join(staging, deb), folder, status);
  } finally {
    rmSync(staging, { recursive: true });
  }
}

function installPackage(deb: string, folder: string, status: string): void {
  shell(folder, 'dpkg-deb -x "$1" .', [deb]);
  const control = shell(folder, 'dpkg-deb -f "$1"', [deb]).trimEnd();
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1] ?? '';
  const name = field('Multi-Arch') === 'same' ? `${field('Package')}:${field('Architecture')}` : field('Package');
  const info = path.join(folder, DATABASE, 'info', name);
  writeFileSync(
    `${info}.list`,
    shell(folder, 'dpkg-deb --fsys-tarfile "$1" | tar -t | sed "s#^\\.##; s#/\\$##"', [deb]),
  );
  const sums = shell(folder, 'dpkg-deb --ctrl-tarfile "$1" | tar -xO ./md5sums 2>/dev/null || true', [deb]);
  if (sums !== '') writeFileSync(`${info}.md5sums`, sums);
  const installed = control.replace(/^(Package: .*)$/m, '$1\nStatus: install ok installed');
  writeFileSync(status, `${readFileSync(status, 'utf8')}${installed}\n\n`);
}

/** A layer that removes a package of the one below: whiteouts for its own files, and a database without it. */
export function removePackage(folder: string, name: string, below: string): void {
  mkdirSync(path.join(folder, DATABASE), { recursive: true });
  const stanzas = readFileSync(path.join(below, DATABASE, 'status'), 'utf8').split('\n\n');
  const left = stanzas.filter((stanza) => !stanza.startsWith(`Package: ${name}\n`));
  writeFileSync(path.join(folder, DATABASE, 'status'), left.join('\n\n'));
  for (const place of [`usr/bin/${name}`, `${DATABASE}/info/${name}.list`, `${DATABASE}/info/${name}.md5sums`]) {
    if (!existsSync(path.join(below, place))) continue;
    mkdirSync(path.join(folder, path.dirname(place)), { recursive: true });
    writeFileSync(path.join(folder, path.dirname(place), `.wh.${path.basename(place)}`), '');
  }
}

/** `name version` of every package, as dpkg-query sees the database in a folder. */
export function dpkgTruth(folder: string): string[] {
  const format = ['db:Status-Abbrev', 'Package', 'Version'].map((field) => `$\{${field}}`).join('\\t');
  return shell(folder, 'dpkg-query --admindir="$PWD/var/lib/dpkg" -W -f "$1"', [`${format}\\n`])
    .split('\n')
    .filter((line) => line.startsWith('ii'))
    .map((line) => line.split('\t').slice(1).join(' '));
}
