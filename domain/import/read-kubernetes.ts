/** Images of Kubernetes objects: what runs (`status`, by digest), and what the objects ask for (`spec`). */
import { isDigest } from '../artifact/digest.ts';
import { asList, asMap, field, type PlainMap, textField } from './plain-value.ts';
import type { ReferenceList } from './reference-list.ts';

/** Lists in lists, and pod templates in custom resources, at most so deep. */
const MAX_DEPTH = 24;

const LISTS: readonly (readonly [containers: string, statuses: string])[] = [
  ['containers', 'containerStatuses'],
  ['initContainers', 'initContainerStatuses'],
  ['ephemeralContainers', 'ephemeralContainerStatuses'],
];

/** A Kubernetes object has an `apiVersion` and a `kind` (API conventions, "Types (Kinds)"). */
export function isKubernetesObject(document: unknown): boolean {
  const map = asMap(document);
  return textField(map, 'apiVersion') !== undefined && textField(map, 'kind') !== undefined;
}

/**
 * Adds every image of an object, or of all in a `List`. Of a pod that runs, a container counts by the digest its node reports
 * (`imageID`); one without a status by what it asks for. `at` comes before each place.
 */
export function readKubernetes(document: unknown, at: string, found: ReferenceList, depth = 0): void {
  const object = asMap(document);
  if (object === undefined) return;
  if (depth > MAX_DEPTH) {
    found.report(at, `objects nested more than ${MAX_DEPTH} deep`);
    return;
  }
  const items = field(object, 'items');
  if (Array.isArray(items)) {
    for (const item of items as unknown[]) readKubernetes(item, at, found, depth + 1);
    return;
  }
  const place = `${at}${nameOf(object)}`;
  const statuses = textField(object, 'kind') === 'Pod' ? asMap(field(object, 'status')) : undefined;
  for (const spec of podSpecs(object, place, found)) readPodSpec(spec, statuses, place, found);
}

/** `shop/Deployment/web`; of a pod, who made it: its own name is another one tomorrow. */
function nameOf(object: PlainMap): string {
  const metadata = asMap(field(object, 'metadata'));
  const owner = asMap(asList(field(metadata, 'ownerReferences'))[0]);
  const kind = textField(owner, 'kind') ?? textField(object, 'kind') ?? 'object';
  const name = textField(owner, 'name') ?? textField(metadata, 'name') ?? textField(metadata, 'generateName') ?? '?';
  const namespace = textField(metadata, 'namespace');
  return `${namespace === undefined ? '' : `${namespace}/`}${kind}/${name}`;
}

/** Whatever has containers, wherever a kind keeps it: `spec`, `spec.template.spec`, `spec.jobTemplate.spec.template.spec`, … */
function podSpecs(object: PlainMap, place: string, found: ReferenceList): PlainMap[] {
  const specs: PlainMap[] = [];
  const waiting: { value: unknown; depth: number }[] = [
    { value: field(object, 'spec'), depth: 0 },
    { value: field(object, 'template'), depth: 0 },
  ];
  let isDeep = false;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) {
      isDeep = true;
      continue;
    }
    const map = asMap(value);
    if (map !== undefined && LISTS.some(([containers]) => isContainerList(field(map, containers)))) specs.push(map);
    else for (const inner of Object.values(value)) waiting.push({ value: inner, depth: depth + 1 });
  }
  if (isDeep) found.report(place, `nested more than ${MAX_DEPTH} deep: what is below was not read`);
  return specs;
}

function isContainerList(value: unknown): boolean {
  return asList(value).some((container) => textField(asMap(container), 'image') !== undefined);
}

function readPodSpec(spec: PlainMap, status: PlainMap | undefined, place: string, found: ReferenceList): void {
  for (const [containers, statuses] of LISTS) {
    const reported = new Map(
      asList(field(status, statuses)).flatMap((one) => {
        const name = textField(asMap(one), 'name');
        return name === undefined ? [] : [[name, asMap(one)] as const];
      }),
    );
    for (const container of asList(field(spec, containers))) {
      const map = asMap(container);
      const name = textField(map, 'name') ?? '?';
      readContainer(textField(map, 'image'), reported.get(name), `${place}: container ${name}`, found);
    }
  }
  // Images that are mounted (KEP-4639).
  for (const volume of asList(field(spec, 'volumes'))) {
    const image = textField(asMap(field(asMap(volume), 'image')), 'reference');
    if (image !== undefined) found.add(image, `${place}: volume ${textField(asMap(volume), 'name') ?? '?'}`);
  }
}

function readContainer(
  image: string | undefined,
  status: PlainMap | undefined,
  place: string,
  found: ReferenceList,
): void {
  const id = textField(status, 'imageID');
  if (id === undefined) {
    // Without a node's word it does not run (yet): what it asks for counts. An empty one is a template's, filled in later.
    if (image !== undefined) found.add(image, place);
    return;
  }
  // CRI: `repository@digest`, of Docker's runtime with a scheme before it; a bare digest names the configuration.
  const reference = id.replace(/^docker-pullable:\/\//, '');
  const at = reference.indexOf('@');
  if (at > 0 && isDigest(reference.slice(at + 1))) found.add(reference, place);
  else found.report(place, 'runs, and its node does not say which manifest (imageID has no repository@sha256:digest)');
}
