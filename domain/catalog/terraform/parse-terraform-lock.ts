/** .terraform.lock.hcl (https://developer.hashicorp.com/terraform/language/files/dependency-lock): one block a provider. */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 100_000;

/** The hash is Terraform's own (`h1:`): the zip of each platform has another. */
export function parseTerraformLock(text: string): LockedPackage[] {
  const providers: { name: string; version: string; checksum: string | undefined }[] = [];
  for (const line of splitLines(text, MAX_LINES)) {
    const name = /^\s*provider\s+"([^"]+)"\s*\{/.exec(line)?.[1];
    const last = providers.at(-1);
    if (name !== undefined) providers.push({ name, version: '', checksum: undefined });
    else if (/^\s*(?:#|\/\/|$)/.test(line)) continue;
    else if (last === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'no lockfile of Terraform');
    else {
      last.version ||= /^\s*version\s*=\s*"([^"]+)"/.exec(line)?.[1] ?? '';
      last.checksum ??= /"(h1:[^"]+)"/.exec(line)?.[1];
    }
  }
  return providers.map(({ name, version, checksum }) => ({
    key: name,
    name,
    version,
    requires: [],
    checksum,
    fetchedFrom: [`https://${name.split('/', 1)[0]}`],
  }));
}
