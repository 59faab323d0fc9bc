/** Databases of rpm and apk as distributions wrote them, and what rpm says is in them. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { debianLayer } from './debian-layer.ts';
import { inside } from './inside.ts';
import { shell } from './shell.ts';

/** Go modules that carry databases of real images for their own tests; Syft and osv-scanner are built of them. */
const RPM_MODULE = 'github.com/anchore/go-rpmdb@v0.2.0';
const APK_MODULE = 'github.com/google/osv-scalibr@v0.4.6-0.20260727075515-eb1ca153f805';

function moduleFolder(module: string): string {
  return (JSON.parse(shell('/', 'go mod download -json "$1"', [module])) as { Dir: string }).Dir;
}

function copyWritable(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    cpSync(path.join(from, name), path.join(to, name));
    chmodSync(path.join(to, name), 0o644);
  }
}

function writeRelease(folder: string, id: string, version: string): void {
  mkdirSync(path.join(folder, 'etc'), { recursive: true });
  writeFileSync(path.join(folder, 'etc/os-release'), `ID=${id}\nVERSION_ID="${version}"\n`);
}

/** One of the databases of the module, where rpm has it. */
export function rpmLayer(folder: string, database: string, id: string, version: string): void {
  copyWritable(path.join(moduleFolder(RPM_MODULE), 'pkg/testdata', database), path.join(folder, 'var/lib/rpm'));
  writeRelease(folder, id, version);
}

/** `name version-release` of every package but trusted keys, as Debian's rpm reads a copy of the database. */
export function rpmTruth(folder: string, cache: string): string[] {
  const tools = path.join(cache, 'rpm-tools');
  if (!existsSync(path.join(tools, 'usr/bin/rpm'))) {
    mkdirSync(tools, { recursive: true });
    debianLayer(tools, ['rpm']);
  }
  const copy = path.join(tools, 'db');
  rmSync(copy, { recursive: true, force: true });
  copyWritable(path.join(folder, 'var/lib/rpm'), copy);
  const backend = existsSync(path.join(copy, 'Packages')) ? 'bdb_ro' : 'sqlite';
  const format = '%{NAME} %{VERSION}-%{RELEASE}\\n';
  const options = ['--define', `_db_backend ${backend}`, '--dbpath', '/db', '-qa', '--qf', format];
  return withoutKeys(inside(tools, ['/usr/bin/rpm', ...options]).split('\n'));
}

/** Debian's rpm is built without ndb: what `rpm -qa` of the image itself said stands in the module's tests. */
export function ndbTruth(): string[] {
  const text = readFileSync(path.join(moduleFolder(RPM_MODULE), 'pkg/rpmdb_testcase_test.go'), 'utf8');
  const list = text.slice(text.indexOf('SLE15WithNDB = func()'));
  const rows = list.slice(0, list.indexOf('return')).matchAll(/\{intRef\(\d*\), "([^"]+)", "([^"]+)", "([^"]+)"/g);
  return withoutKeys([...rows].map(([, name, version, release]) => `${name} ${version}-${release}`));
}

function withoutKeys(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== '' && !line.startsWith('gpg-pubkey '));
}

/** The database of an image of Alpine. */
export function apkLayer(folder: string): void {
  const to = path.join(folder, 'lib/apk/db');
  mkdirSync(to, { recursive: true });
  cpSync(
    path.join(moduleFolder(APK_MODULE), 'extractor/filesystem/os/apk/testdata/installed'),
    path.join(to, 'installed'),
  );
  chmodSync(path.join(to, 'installed'), 0o644);
  writeRelease(folder, 'alpine', '3.18.0');
}

/** No client of ours has an apk: P and V of each entry, by awk, are what `apk info -v` prints. */
export function apkTruth(folder: string): string[] {
  return shell(folder, `awk -F: '/^P:/ { name = $2 } /^V:/ { print name " " $2 }' lib/apk/db/installed`)
    .split('\n')
    .filter(Boolean);
}
