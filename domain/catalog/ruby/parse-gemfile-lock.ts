/** Gemfile.lock (https://bundler.io/guides/rationale.html#checking-your-code-into-version-control): sections, indented by two. */
import type { AskedRange } from '../../sbom/component.ts';
import { CatalogError } from '../catalog-error.ts';
import { hexHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { originsOf, vcsUrl } from '../public-address.ts';
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 200_000;

interface Gem {
  readonly name: string;
  readonly version: string;
  readonly section: string;
  /** One address a line. */
  readonly remote: string;
  readonly revision: string | undefined;
  readonly requires: string[];
}

/** Gems of the project itself (`PATH`) are left out; Bundler does not tell what is for development only. */
export function parseGemfileLock(text: string): LockedPackage[] {
  const gems = new Map<string, Gem>();
  const checksums = new Map<string, string>();
  const asked = new Map<string, AskedRange[]>();
  const ask = (body: string, by?: string): string => {
    // `name`, `name (~> 1.2, >= 1.2.3)`; `!` behind what is not from the gem server.
    const [, name = '', range = '>= 0'] = /^([^ !]+)!?(?: \(([^)]*)\))?/.exec(body) ?? [];
    const known = asked.get(name) ?? [];
    known.push(by === undefined ? { range } : { by, range });
    asked.set(name, known);
    return name;
  };
  let section = '';
  let fields = new Map<string, string>();
  let gem: Gem | undefined;
  for (const line of splitLines(text, MAX_LINES)) {
    if (/^(?:<{7}|>{7}|={7})/.test(line))
      throw new CatalogError('UNEXPECTED_SHAPE', 'a Gemfile.lock with merge conflicts');
    const [, indent = '', body = ''] = /^( *)(.*)$/.exec(line) ?? [];
    if (indent === '' && body !== '') [section, fields, gem] = [body, new Map(), undefined];
    else if (section === 'CHECKSUMS') readChecksum(body, checksums);
    else if (section === 'DEPENDENCIES') ask(body);
    else if (indent.length === 2) addField(body, fields);
    else if (indent.length === 4 && fields.has('specs')) {
      gem = readGem(body, section, fields);
      // A gem stands there once for each platform it is built for.
      if (gem !== undefined && !gems.has(gem.name)) gems.set(gem.name, gem);
    } else if (indent.length === 6) gem?.requires.push(ask(body, gem.name));
  }
  if (section === '') throw new CatalogError('UNEXPECTED_SHAPE', 'a Gemfile.lock without sections');
  return [...gems.values()].flatMap((one) =>
    one.section === 'PATH' ? [] : [{ ...toPackage(one, checksums), askedFor: asked.get(one.name) }],
  );
}

/** A section of gems may have several servers (`remote`), and any of them answers. */
function addField(body: string, fields: Map<string, string>): void {
  const [, name = body, value = ''] = /^([^:]*):(.*)$/.exec(body) ?? [];
  const before = name === 'remote' ? fields.get(name) : undefined;
  fields.set(name, before === undefined ? value.trim() : `${before}\n${value.trim()}`);
}

/** `nokogiri (1.16.0-x86_64-linux)`: versions of gems have no dash, platforms come after one. */
function readGem(body: string, section: string, fields: ReadonlyMap<string, string>): Gem | undefined {
  const match = /^(\S+) \(([^)-]+)(?:-[^)]*)?\)/.exec(body);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return {
    name: match[1],
    version: match[2],
    section,
    remote: fields.get('remote') ?? '',
    revision: fields.get('revision'),
    requires: [],
  };
}

/** `name (version) sha256=…`; the hash of the gem for all platforms stands without one. */
function readChecksum(body: string, checksums: Map<string, string>): void {
  const match = /^(\S+ \([^)]+\)) sha256=([0-9a-f]{64})/.exec(body);
  if (match?.[1] !== undefined && match[2] !== undefined) checksums.set(match[1], match[2]);
}

function toPackage(gem: Gem, checksums: ReadonlyMap<string, string>): LockedPackage {
  return {
    key: gem.name,
    name: gem.name,
    version: gem.version,
    requires: gem.requires,
    hashes: hexHash('SHA-256', checksums.get(`${gem.name} (${gem.version})`)),
    ...(gem.section === 'GIT'
      ? { vcsUrl: vcsUrl(gem.remote, gem.revision) }
      : { fetchedFrom: originsOf(...gem.remote.split('\n')) }),
  };
}
