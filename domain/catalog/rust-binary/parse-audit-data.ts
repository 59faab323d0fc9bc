/** What cargo-auditable writes into a program (https://github.com/rust-secure-code/cargo-auditable, PARSING.md). */
import { z } from 'zod';
import { createPurl } from '../../sbom/purl.ts';
import { CatalogError } from '../catalog-error.ts';
import type { FoundComponent } from '../layer-findings.ts';

const MAX_PACKAGES = 20_000;

const auditSchema = z.object({
  packages: z
    .array(
      z.object({
        name: z.string().min(1).max(200),
        version: z.string().min(1).max(200),
        source: z.string().optional(),
        kind: z.string().optional(),
        dependencies: z.array(z.int().nonnegative()).optional(),
        root: z.boolean().optional(),
      }),
    )
    .max(MAX_PACKAGES),
});
type Audited = z.infer<typeof auditSchema>['packages'][number];

/** Crates that are in the program; those that only helped to build it are not. Throws a CatalogError. */
export function parseAuditData(json: unknown): FoundComponent[] {
  const result = auditSchema.safeParse(json);
  if (!result.success)
    throw new CatalogError('UNEXPECTED_SHAPE', 'audit data that is not as cargo-auditable writes it');
  const { packages } = result.data;
  const isInside = ({ kind }: Audited): boolean => kind === undefined || kind === 'runtime';
  return packages.filter(isInside).map((crate) => {
    const needed = (crate.dependencies ?? []).flatMap((index) => packages[index] ?? []);
    return {
      purl: cratePurl(crate),
      // Code of the author's own, or from a repository, is not what the registry's advisories speak of.
      ecosystem: isFromRegistry(crate) ? 'crates.io' : 'generic',
      advisoryName: crate.name,
      name: crate.name,
      version: crate.version,
      advisoryVersion: crate.version,
      licences: [],
      hashes: [],
      dependsOn: [...new Set(needed.filter(isInside).map((one) => cratePurl(one)))],
      requires: [],
      foundBy: 'rust-binary',
    };
  });
}

function isFromRegistry({ source }: Audited): boolean {
  return source === undefined || source === 'crates.io' || source === 'registry';
}

function cratePurl({ name, version }: Audited): string {
  return createPurl({ type: 'cargo', name, version });
}
