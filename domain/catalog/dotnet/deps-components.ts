import type { FoundComponent } from '../layer-findings.ts';
import { lockedComponents } from '../locked-packages.ts';
import { nugetNaming } from './naming.ts';
import { parseDeps } from './parse-deps.ts';

/** The components of a deps.json: packages that are there. Throws a CatalogError. */
export function depsComponents(json: unknown, foundBy: string): FoundComponent[] {
  return lockedComponents(parseDeps(json), nugetNaming, foundBy).map(
    ({ declared: _declared, ...component }) => component,
  );
}
