/** Manifests that need one another, once all files of a tree are known. */
import { type DotnetTree, resolveProject } from './dotnet/resolve-project.ts';
import { resolveGoModule } from './go/resolve-module.ts';
import { goWorkspaces } from './go/workspaces.ts';
import { resolvePom, toPomTree } from './java/resolve-pom.ts';
import type { FoundComponent } from './layer-findings.ts';
import type { Manifest } from './manifest.ts';
import { publicComponent } from './public-facts.ts';

/** `manifests` by path; the answer has the components of each that names some. */
export function resolveManifests(manifests: ReadonlyMap<string, Manifest>): Map<string, FoundComponent[]> {
  return new Map([...resolveEach(manifests)].map(([path, found]) => [path, found.map(publicComponent)]));
}

function resolveEach(manifests: ReadonlyMap<string, Manifest>): Map<string, FoundComponent[]> {
  const resolved = new Map<string, FoundComponent[]>();
  const poms = toPomTree(
    new Map([...manifests].flatMap(([path, one]) => (one.format === 'maven-pom' ? [[path, one]] : []))),
  );
  const projects: DotnetTree = new Map(
    [...manifests].flatMap(([path, one]) => (one.format === 'dotnet-project' ? [[path, one]] : [])),
  );
  const workspaces = goWorkspaces(manifests);
  for (const [path, manifest] of manifests) {
    switch (manifest.format) {
      case 'go-mod': {
        const sum = manifests.get(path.replace(/go\.mod$/, 'go.sum'));
        resolved.set(path, resolveGoModule(manifest, sum?.format === 'go-sum' ? sum : undefined, workspaces.get(path)));
        break;
      }
      case 'maven-pom':
        resolved.set(path, resolvePom(path, poms));
        break;
      case 'dotnet-project':
        resolved.set(path, resolveProject(path, projects));
        break;
      case 'go-sum':
      case 'go-work':
        break;
    }
  }
  return resolved;
}
