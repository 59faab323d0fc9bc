import { asList, asMap, field, textField } from './plain-value.ts';
import type { ReferenceList } from './reference-list.ts';

/** `kustomization.yaml`, under each of the names kustomize looks for. */
export function isKustomization(document: unknown, fileName: string): boolean {
  return (
    /^kustomization\.ya?ml$|^Kustomization$/.test(fileName) ||
    /^kustomize\.config\.k8s\.io\//.test(textField(asMap(document), 'apiVersion') ?? '')
  );
}

/** Adds what `images:` puts in the place of others: `newName` (or `name`) with `newTag` or `digest`. */
export function readKustomization(document: unknown, at: string, found: ReferenceList): void {
  for (const entry of asList(field(asMap(document), 'images'))) {
    const map = asMap(entry);
    const name = textField(map, 'newName') ?? textField(map, 'name');
    const place = `${at}images ${textField(map, 'name') ?? '?'}`;
    if (name === undefined) {
      found.report(place, 'names no image');
      continue;
    }
    const digest = textField(map, 'digest');
    const tag = textField(map, 'newTag');
    if (digest !== undefined) found.add(`${name}@${digest}`, place);
    else if (tag !== undefined) found.add(`${name}:${tag}`, place);
    else found.report(place, 'has neither newTag nor digest: the tag stands elsewhere (kustomize build shows it)');
  }
}
