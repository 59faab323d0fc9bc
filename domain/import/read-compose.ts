import { asMap, field, textField } from './plain-value.ts';
import type { ReferenceList } from './reference-list.ts';

/** `compose.yaml`, `docker-compose.yml`, `docker-compose.prod.yml` (Compose specification, "Compose file"). */
export function isComposeFile(fileName: string): boolean {
  return /^(?:docker-)?compose(?:[._-].+)?\.ya?ml$/.test(fileName);
}

/** Adds `services.*.image`. A service that is built has none until it is pushed: nothing runs from a registry. */
export function readCompose(document: unknown, at: string, found: ReferenceList): void {
  for (const [name, service] of Object.entries(asMap(field(asMap(document), 'services')) ?? {})) {
    const image = textField(asMap(service), 'image');
    if (image !== undefined) found.add(image, `${at}service ${name}`);
  }
}
