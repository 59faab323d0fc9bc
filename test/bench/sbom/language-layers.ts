/** Packages of Ruby, Rust, PHP and .NET from the clients that have them, and what their own tools say is in them. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { debianLayer } from './debian-layer.ts';
import { inside } from './inside.ts';
import { shell } from './shell.ts';

/** Gems as Debian packages them, with RubyGems itself. */
export function gemLayer(folder: string): void {
  debianLayer(folder, ['ruby', 'bundler', 'jekyll', 'puma', 'ruby-sinatra', 'ruby-activerecord', 'ruby-fog-aws']);
}

/** As RubyGems finds them: in the folders of Debian's packages, and those that come with Ruby itself. */
export function gemTruth(folder: string): string[] {
  const list = 'Gem::Specification.each { |gem| puts "#{gem.name} #{gem.version}" }';
  return inside(folder, ['/usr/bin/ruby3.1', '-e', list]).split('\n').filter(Boolean);
}

const auditable = ['cargo-auditable@0.7.7', 'rust-audit-info@0.5.4'];
const crates = ['ripgrep@14.1.1', 'bat@0.24.0', 'hyperfine@1.18.0'];

function cargoRoot(cache: string, name: string): string {
  return path.join(cache, 'cargo', name);
}

function cargoInstall(cache: string, root: string, command: string, packages: readonly string[]): void {
  mkdirSync(root, { recursive: true });
  const env = { PATH: `${path.join(cargoRoot(cache, 'tools'), 'bin')}:${process.env.PATH ?? ''}` };
  for (const one of packages) shell('/', `cargo ${command} --debug --locked --root "$1" "$2"`, [root, one], env);
}

/** Programs built by cargo-auditable from crates.io. */
export function cargoLayer(folder: string, cache: string): void {
  const [tools, programs] = [cargoRoot(cache, 'tools'), cargoRoot(cache, 'programs')];
  if (!existsSync(path.join(tools, 'bin/rust-audit-info'))) cargoInstall(cache, tools, 'install', auditable);
  if (!existsSync(path.join(programs, 'bin/hyperfine'))) cargoInstall(cache, programs, 'auditable install', crates);
  cpSync(path.join(programs, 'bin'), path.join(folder, 'usr/local/bin'), { recursive: true });
}

/** What only helped to build a program is not in it. */
export function cargoTruth(folder: string, cache: string): string[] {
  const bin = path.join(folder, 'usr/local/bin');
  const tool = path.join(cargoRoot(cache, 'tools'), 'bin/rust-audit-info');
  return readdirSync(bin).flatMap((program) => {
    const { packages } = JSON.parse(shell(bin, '"$1" "$2"', [tool, program])) as {
      packages: { name: string; version: string; kind?: string }[];
    };
    return packages.filter(({ kind }) => kind !== 'build').map(({ name, version }) => `${name} ${version}`);
  });
}

const vendorFolders = ['usr/share/mediawiki/vendor', 'usr/share/icinga-php/vendor/vendor'];

/** Applications of Debian's that carry the folder Composer installed. */
export function composerLayer(folder: string): void {
  debianLayer(folder, ['composer', 'mediawiki', 'icinga-php-thirdparty']);
}

export function composerTruth(folder: string): string[] {
  const project = path.join(folder, 'tmp/truth');
  mkdirSync(project, { recursive: true });
  const extensions = ['mbstring', 'iconv', 'intl'].flatMap((name) => ['-d', `extension=${name}`]);
  const show = ['/usr/bin/composer', 'show', '--no-plugins', '-d', '/tmp/truth', '--format=json'];
  return vendorFolders.flatMap((vendor) => {
    writeFileSync(path.join(project, 'composer.json'), JSON.stringify({ config: { 'vendor-dir': `/${vendor}` } }));
    const listed = inside(folder, ['/usr/bin/php8.2', ...extensions, ...show], { COMPOSER_ALLOW_SUPERUSER: '1' });
    const { installed } = JSON.parse(listed) as { installed: { name: string; version: string }[] };
    return installed.map(({ name, version }) => `${name} ${version}`);
  });
}

const DOTNET = 'usr/share/dotnet';
const APPLICATION = 'app/AutoRest.CSharp';

/** A published application, from npm, and a runtime of .NET, from PyPI: NuGet's own registry is not needed for either. */
export function dotnetLayer(folder: string): void {
  const staging = `${folder}.dotnet`;
  mkdirSync(staging, { recursive: true });
  shell(
    staging,
    'npm pack --silent @autorest/csharp@3.0.0-beta.20251203.1 && tar -xzf autorest-csharp-*.tgz && python3 -m pip download -q --no-deps --disable-pip-version-check -d . dotnetcore2==3.1.23 && python3 -m zipfile -e dotnetcore2-*.whl wheel',
  );
  mkdirSync(path.join(folder, path.dirname(DOTNET)), { recursive: true });
  cpSync(path.join(staging, 'wheel/dotnetcore2/bin'), path.join(folder, DOTNET), { recursive: true });
  chmodSync(path.join(folder, DOTNET, 'dotnet'), 0o755);
  cpSync(path.join(staging, 'package'), path.join(folder, 'app'), { recursive: true });
  rmSync(staging, { recursive: true });
}

/**
 * The packages that .NET's own host takes files of, application and runtime, as it tells when asked to trace: it goes no
 * further here, where the application wants a newer runtime than this one. The application itself is no package.
 */
export function dotnetTruth(folder: string): string[] {
  const [config, trace] = [`${folder}.runtimeconfig.json`, `${folder}.trace`];
  const framework = { name: 'Microsoft.NETCore.App', version: '3.1.0' };
  writeFileSync(config, JSON.stringify({ runtimeOptions: { framework } }));
  shell(
    folder,
    `${DOTNET}/dotnet exec --runtimeconfig "$1" --depsfile ${APPLICATION}.deps.json ${APPLICATION}.dll >/dev/null 2>&1 || test -s "$2"`,
    [config, trace],
    { COREHOST_TRACE: '1', COREHOST_TRACEFILE: trace, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
  );
  const taken = readFileSync(trace, 'utf8').matchAll(
    /^Parsed \w+ deps entry .* from package: ([^,]+), library version: ([^,]+),/gm,
  );
  const own = path.basename(APPLICATION);
  return [...new Set([...taken].flatMap(([, name, version]) => (name === own ? [] : [`${name} ${version}`])))];
}
