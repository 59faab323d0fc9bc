/** The modules of a Go program, and the standard library it was made with, as components. */
import { createPurl } from '../../sbom/purl.ts';
import { CatalogError } from '../catalog-error.ts';
import { goNaming } from '../go/naming.ts';
import type { FoundComponent } from '../layer-findings.ts';
import type { GoModule, ModuleInfo } from './parse-module-info.ts';

/** How sure it is that a module replaced by a folder still is the version it is called. */
const LOCAL_CONFIDENCE = 0.5;
/** A version that the linker was told to write into a variable is what its authors call it. */
const LINKED_CONFIDENCE = 0.8;

/** `goVersion` as `runtime.Version` gives it: `go1.22.3`. Nothing where the text says nothing of modules or versions. */
export function toGoComponents(info: ModuleInfo | undefined, goVersion: string | undefined): FoundComponent[] {
  const dependencies = (info?.dependencies ?? []).map((module) => toComponent(module, []));
  const library = goVersion === undefined ? undefined : standardLibrary(goVersion);
  const others = library === undefined ? dependencies : [...dependencies, library];
  if (info?.main === undefined) return others;
  const { version, confidence } = mainVersion(info, info.main);
  const main = toComponent({ ...info.main, version }, [...new Set(others.map(({ purl }) => purl))]);
  return [confidence === undefined ? main : { ...main, confidence }, ...others];
}

/** Throws a CatalogError for a path that ends in a slash: what is linked into a program may be anything. */
function toComponent({ path, version, local }: GoModule, dependsOn: string[]): FoundComponent {
  const named = goNaming.purl(path);
  if (named.name === '') throw new CatalogError('UNEXPECTED_SHAPE', 'build information with a module without a name');
  return {
    purl: createPurl({ ...named, version }),
    ecosystem: 'Go',
    advisoryName: path,
    name: path,
    version,
    advisoryVersion: version,
    licences: [],
    hashes: [],
    dependsOn,
    requires: [],
    foundBy: 'go-binary',
    ...(local === undefined ? {} : { confidence: LOCAL_CONFIDENCE }),
  };
}

/** `go1.22rc1 X:nocoverageredesign` is 1.22rc1; advisories about `stdlib` write it `1.22.0-rc1`. */
function standardLibrary(goVersion: string): FoundComponent | undefined {
  const match = /^go(\d+)\.(\d+)(?:\.(\d+))?((?:rc|beta)\d+)?(?=[-+ ]|$)/.exec(goVersion);
  if (match === null) return undefined;
  const [, major, minor, patch, early] = match;
  const version = `${major}.${minor}${patch === undefined ? '' : `.${patch}`}${early ?? ''}`;
  return {
    ...toComponent({ path: 'stdlib', version }, []),
    advisoryVersion: `${major}.${minor}.${patch ?? '0'}${early === undefined ? '' : `-${early}`}`,
    licences: [{ kind: 'expression', expression: 'BSD-3-Clause' }],
  };
}

/**
 * Programs built in their own repository are of no module version before Go 1.24: `(devel)`. What the linker was told to
 * put into a variable named version says it, else the commit does, as a pseudo-version (Go modules reference).
 */
function mainVersion(
  { settings }: ModuleInfo,
  main: GoModule,
): { readonly version: string; readonly confidence?: number } {
  if (main.version !== '' && main.version !== '(devel)') return { version: main.version };
  const linked = /(?:^|[\s'"])-X[\s=]+['"]?[^\s='"]*\.(?:[a-z]*version)=['"]?v?(\d+\.\d+\.\d+[\w.+-]*)/i.exec(
    settings.get('-ldflags') ?? '',
  )?.[1];
  if (linked !== undefined) return { version: `v${linked}`, confidence: LINKED_CONFIDENCE };
  const time = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/.exec(settings.get('vcs.time') ?? '');
  const revision = /^[0-9a-f]{12}/.exec(settings.get('vcs.revision') ?? '')?.[0];
  if (time === null || revision === undefined) return { version: main.version || '(devel)' };
  const dirty = settings.get('vcs.modified') === 'true' ? '+dirty' : '';
  return { version: `v0.0.0-${time.slice(1).join('')}-${revision}${dirty}` };
}
