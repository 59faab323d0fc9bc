/** An element of an SPDX 3 graph (https://spdx.github.io/spdx-spec/v3.0.1/model/), as far as it is read. */
import { z } from 'zod';
import type { FileHash } from '../../../domain/sbom/component.ts';
import { formatContact } from '../contact.ts';
import { isWellFormedHash } from '../well-formed-hashes.ts';
import { hashAlgorithms } from './elements.ts';

const id = z.string().max(4096);
const identifiers = z
  .array(z.object({ externalIdentifierType: z.string(), identifier: z.string().max(4096) }))
  .nullish();
export const elementSchema = z.object({
  type: z.string(),
  spdxId: id.nullish(),
  created: z.string().max(100).nullish(),
  createdBy: z.array(id).nullish(),
  createdUsing: z.array(id).nullish(),
  name: z.string().max(1000).nullish(),
  summary: z.string().nullish(),
  software_packageVersion: z.string().max(1000).nullish(),
  software_packageUrl: z.string().max(4096).nullish(),
  software_primaryPurpose: z.string().nullish(),
  suppliedBy: id.nullish(),
  verifiedUsing: z
    .array(z.object({ algorithm: z.string().nullish(), hashValue: z.string().max(256).nullish() }))
    .nullish(),
  externalIdentifier: identifiers,
  rootElement: z.array(id).nullish(),
  from: id.nullish(),
  to: z.array(id).nullish(),
  relationshipType: z.string().nullish(),
  subject: id.nullish(),
  statement: z.string().nullish(),
  simplelicensing_licenseExpression: z.string().max(100_000).nullish(),
  simplelicensing_licenseText: z.string().nullish(),
  simplelicensing_customIdToUri: z.array(z.object({ key: z.string(), value: z.string().nullish() })).nullish(),
});
/** Any element: what is read of all kinds of them. */
export type Element = z.infer<typeof elementSchema>;

/** Name and address of whoever it is; empty where it has neither. */
export function contactOf({ name, externalIdentifier }: Element): string {
  const email = externalIdentifier?.find(
    ({ externalIdentifierType }) => externalIdentifierType === 'email',
  )?.identifier;
  return formatContact(name ?? undefined, email) ?? '';
}

/** As a field of its own, else among its other identifiers. */
export function purlOf({ software_packageUrl: purl, externalIdentifier }: Element): string | undefined {
  if (purl) return purl;
  return externalIdentifier?.find(({ externalIdentifierType }) => externalIdentifierType === 'packageUrl')?.identifier;
}

/** Those of algorithms that are known, as they should be. */
export function hashesOf({ verifiedUsing }: Element): FileHash[] {
  const names = Object.entries(hashAlgorithms) as [FileHash['algorithm'], string][];
  return (verifiedUsing ?? []).flatMap(({ algorithm, hashValue }) => {
    const known = names.find(([, name]) => name === algorithm)?.[0];
    const hash = known === undefined || !hashValue ? undefined : { algorithm: known, value: hashValue.toLowerCase() };
    return hash !== undefined && isWellFormedHash(hash) ? [hash] : [];
  });
}
