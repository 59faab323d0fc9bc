import { asMap, field, type PlainMap, textField } from './plain-value.ts';
import type { ReferenceList } from './reference-list.ts';

const MAX_DEPTH = 24;

/** `values.yaml`, `values-prod.yaml`, `prod.values.yaml`. */
export function isHelmValues(fileName: string): boolean {
  return /^(?:.+[._-])?values(?:[._-].+)?\.ya?ml$/.test(fileName);
}

/**
 * Adds images of a chart's values, by the usual names (helm create): a map with `repository` and `tag` or `digest`, and perhaps
 * `registry`; or text under `image`. `at` comes before each place.
 */
export function readHelmValues(values: unknown, at: string, found: ReferenceList): void {
  const waiting: { value: unknown; path: string; depth: number }[] = [{ value: values, path: '', depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next;
    const map = asMap(value);
    const entries = map === undefined ? (Array.isArray(value) ? [...value.entries()] : []) : Object.entries(map);
    if (entries.length > 0 && depth > MAX_DEPTH) {
      found.report(`${at}${path}`, `nested more than ${MAX_DEPTH} deep: what is below was not read`);
      continue;
    }
    const isImage = map !== undefined && readImage(map, `${at}${path}`, found);
    for (const [name, inner] of entries) {
      const below = path === '' ? String(name) : `${path}.${name}`;
      if (/^image$|Image$/.test(String(name)) && typeof inner === 'string' && inner !== '') {
        if (!isImage) found.add(inner, `${at}${below}`);
      } else waiting.push({ value: inner, path: below, depth: depth + 1 });
    }
  }
}

/** Whether the map is an image's. */
function readImage(map: PlainMap, place: string, found: ReferenceList): boolean {
  const repository = textField(map, 'repository');
  const hasVersion = field(map, 'tag') !== undefined || field(map, 'digest') !== undefined;
  if (repository === undefined || !hasVersion || repository.includes('://')) return false;
  const registry = textField(map, 'registry');
  const name = registry === undefined ? repository : `${registry}/${repository}`;
  const digest = textField(map, 'digest');
  const tag = textField(map, 'tag');
  if (digest !== undefined) found.add(`${name}@${digest}`, place);
  else if (tag !== undefined) found.add(`${name}:${tag}`, place);
  else found.report(place, 'has neither tag nor digest: the chart has it (helm template shows it)');
  return true;
}
