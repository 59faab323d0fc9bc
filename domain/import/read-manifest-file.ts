import { decodeDocuments } from './decode-documents.ts';
import { ImportError } from './import-error.ts';
import { asMap, field } from './plain-value.ts';
import { isComposeFile, readCompose } from './read-compose.ts';
import { isHelmValues, readHelmValues } from './read-helm-values.ts';
import { isKubernetesObject, readKubernetes } from './read-kubernetes.ts';
import { isKustomization, readKustomization } from './read-kustomization.ts';
import type { ReferenceList } from './reference-list.ts';

/** Bytes of one file of a folder of manifests. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

const TEMPLATE = 'a template: render it first (helm template)';

/** Whether a file of a folder may hold manifests. */
export function isManifestFile(fileName: string): boolean {
  return /\.ya?ml$/.test(fileName) || fileName === 'Kustomization';
}

/**
 * Adds the images that one file of a GitOps folder names: Kubernetes objects, a kustomization, values of a chart, a Compose
 * file. Other YAML names none. What can not be read is reported with its place.
 */
export function readManifestFile(bytes: Uint8Array, path: string, found: ReferenceList): void {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    found.report(path, `more than ${MAX_MANIFEST_BYTES / 1024 / 1024} MiB`);
    return;
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isTemplate = () => new TextDecoder().decode(bytes).includes('{{');
  // To YAML braces in braces are maps: a template may well be read, and says nothing then.
  if (/(?:^|\/)templates\//.test(path) && isTemplate()) {
    found.report(path, TEMPLATE);
    return;
  }
  let documents: readonly unknown[];
  try {
    documents = decodeDocuments(bytes);
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    found.report(path, isTemplate() ? TEMPLATE : error.message);
    return;
  }
  const at = `${path}: `;
  for (const document of documents)
    if (isKustomization(document, name)) readKustomization(document, at, found);
    else if (isKubernetesObject(document)) readObject(document, at, found);
    else if (isComposeFile(name)) readCompose(document, at, found);
    else if (isHelmValues(name)) readHelmValues(document, at, found);
}

/** Flux keeps the values of a chart in the object that installs it, Argo CD too. */
function readObject(document: unknown, at: string, found: ReferenceList): void {
  readKubernetes(document, at, found);
  const spec = asMap(field(asMap(document), 'spec'));
  readHelmValues(field(spec, 'values'), `${at}values `, found);
  const source = asMap(field(spec, 'source'));
  readHelmValues(field(asMap(field(source, 'helm')), 'valuesObject'), `${at}values `, found);
}
