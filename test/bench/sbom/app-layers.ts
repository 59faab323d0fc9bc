/** Layers of applications from their own package managers, and what those say is in them. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shell } from './shell.ts';

/** npm: an application with all its packages. */
export function npmLayer(folder: string, dependencies: Readonly<Record<string, string>>): void {
  mkdirSync(path.join(folder, 'app'), { recursive: true });
  const manifest = { name: 'bench-app', version: '1.0.0', private: true, dependencies };
  writeFileSync(path.join(folder, 'app', 'package.json'), JSON.stringify(manifest));
  shell(
    path.join(folder, 'app'),
    'npm install --ignore-scripts --no-audit --no-fund --legacy-peer-deps --loglevel=error',
  );
}

export function npmTruth(folder: string): string[] {
  interface Node {
    name?: string;
    version?: string;
    dependencies?: Record<string, Node>;
  }
  const found = new Set<string>();
  const visit = ({ dependencies = {} }: Node): void => {
    for (const [place, node] of Object.entries(dependencies)) {
      // An alias is installed under another name than its own, which its package.json has.
      if (node.version !== undefined) found.add(`${node.name ?? place} ${node.version}`);
      visit(node);
    }
  };
  // It fails where a peer is missing; the tree is complete all the same.
  visit(JSON.parse(shell(path.join(folder, 'app'), 'npm ls --all --json --long 2>/dev/null || true')) as Node);
  return [...found, 'bench-app 1.0.0'];
}

const SITE = 'usr/local/lib/python3.11/site-packages';

export function pythonLayer(folder: string, requirements: readonly string[]): void {
  mkdirSync(path.join(folder, SITE), { recursive: true });
  const options = '--no-compile --only-binary :all: --disable-pip-version-check -q --root-user-action=ignore';
  shell(folder, `python3 -m pip install ${options} --target ${SITE} "$@"`, requirements);
}

export function pythonTruth(folder: string): string[] {
  // What distributions carry inside themselves is there too, with metadata of its own: pip lists it where it is told to look.
  const vendored = shell(folder, `find ${SITE} -type d -name _vendor`).split('\n').filter(Boolean);
  return [SITE, ...vendored].flatMap((place) => {
    const listed = shell(folder, 'python3 -m pip list --path "$1" --format json --disable-pip-version-check', [place]);
    return (JSON.parse(listed) as { name: string; version: string }[]).map(({ name, version }) => `${name} ${version}`);
  });
}

/** Maven: a project's dependencies as jars, `group:artifact:version` each. */
export function javaLayer(folder: string, dependencies: readonly string[]): void {
  const app = path.join(folder, 'app');
  mkdirSync(path.join(app, 'lib'), { recursive: true });
  const entries = dependencies.map((one) => {
    const [group, artifact, version] = one.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>bench</groupId><artifactId>app</artifactId><version>1</version><dependencies>${entries.join('')}</dependencies></project>`;
  const project = `${folder}.maven`;
  mkdirSync(project, { recursive: true });
  writeFileSync(path.join(project, 'pom.xml'), pom);
  shell(
    project,
    'mvn -q -B dependency:copy-dependencies -DoutputDirectory="$1" && mvn -q -B dependency:list -DoutputFile=list.txt',
    [path.join(app, 'lib')],
  );
}

export function javaTruth(folder: string): string[] {
  const listed = shell(`${folder}.maven`, 'cat list.txt');
  return [...listed.matchAll(/^\s+([\w.-]+):([\w.-]+):jar:(?:[\w.-]+:)?([\w.-]+):(?:compile|runtime)/gm)].map(
    ([, group, artifact, version]) => `${group}:${artifact} ${version}`,
  );
}

/** Programs built by `go install`, `module@version` each; kept in `cache`. Returns where they are. */
export function goPrograms(cache: string, modules: readonly string[]): string[] {
  return modules.map((module) => {
    const folder = path.join(cache, 'go', module.replaceAll(/[/@]/g, '-'));
    if (!existsSync(folder)) shell(cache, 'go install "$1"', [module], { GOBIN: folder, GOFLAGS: '-mod=mod' });
    return path.join(folder, readdirSync(folder)[0] ?? '');
  });
}

export function goLayer(folder: string, programs: readonly string[]): void {
  const bin = path.join(folder, 'usr/local/bin');
  mkdirSync(bin, { recursive: true });
  for (const program of programs) copyFileSync(program, path.join(bin, path.basename(program)));
}

/** The module each program was built from, what it was built with, and Go's own library. */
export function goTruth(programs: readonly string[]): string[] {
  const found = new Set<string>();
  for (const program of programs) {
    const lines = shell('/', 'go version -m "$1"', [program]).split('\n');
    const go = /: go(\S+)/.exec(lines[0] ?? '')?.[1];
    if (go !== undefined) found.add(`stdlib ${go}`);
    for (const [index, line] of lines.entries()) {
      const [, kind, module, version] = line.split('\t');
      const replaced = lines[index + 1]?.split('\t');
      if (kind !== 'mod' && kind !== 'dep') continue;
      if (replaced?.[1] === '=>') found.add(`${replaced[2]} ${replaced[3]}`);
      else found.add(`${module} ${version}`);
    }
  }
  return [...found];
}
