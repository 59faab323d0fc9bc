/** What Go writes into a program of the modules it was made of (runtime/debug, BuildInfo.String and ParseBuildInfo). */
import { CatalogError } from '../catalog-error.ts';

const MAX_MODULES = 20_000;

export interface GoModule {
  readonly path: string;
  readonly version: string;
  /** Set where a folder beside the main module was used instead: its code may be anything. */
  readonly local?: true;
}

export interface ModuleInfo {
  readonly main?: GoModule;
  readonly dependencies: readonly GoModule[];
  /** `build` lines: `vcs.revision`, `-ldflags` and others. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Lines of fields apart by tabs: `path`, `mod`, `dep`, `=>` (replaces the one above), `build`. Throws a CatalogError. */
export function parseModuleInfo(text: string): ModuleInfo {
  let main: GoModule | undefined;
  const dependencies: GoModule[] = [];
  const settings = new Map<string, string>();
  let last: 'mod' | 'dep' | undefined;
  for (const line of text.split('\n')) {
    const [kind, path, version = ''] = line.split('\t');
    if ((kind === 'mod' || kind === 'dep' || kind === '=>') && !path)
      throw new CatalogError('UNEXPECTED_SHAPE', 'build information with a module without a path');
    if (kind === 'mod') {
      main = { path: path ?? '', version };
      last = 'mod';
    } else if (kind === 'dep') {
      dependencies.push({ path: path ?? '', version });
      last = 'dep';
    } else if (kind === '=>') {
      if (last === 'dep') dependencies.push(replacement(dependencies.pop(), path ?? '', version));
      else main = replacement(main, path ?? '', version);
    } else if (kind === 'build') {
      const equals = line.indexOf('=');
      if (equals > 6) settings.set(unquote(line.slice(6, equals)), unquote(line.slice(equals + 1)));
    }
    if (dependencies.length > MAX_MODULES) throw new CatalogError('TOO_MANY', `more than ${MAX_MODULES} modules`);
  }
  return { ...(main === undefined ? {} : { main }), dependencies, settings };
}

/** A replacement that is a folder has a path of the file system: the module keeps its name, which is all that is known. */
function replacement(replaced: GoModule | undefined, path: string, version: string): GoModule {
  if (replaced === undefined || !/^(?:\.{0,2}\/|[A-Za-z]:\\|\.{1,2}$)/.test(path)) return { path, version };
  return { ...replaced, local: true };
}

/** Values with spaces or quotes are Go string literals. */
function unquote(text: string): string {
  const quoted = /^"(.*)"$/s.exec(text);
  return quoted?.[1] === undefined ? text.replaceAll('`', '') : quoted[1].replaceAll(/\\(["\\])/g, '$1');
}
