/** What is read of CycloneDX 1.2 to 1.7, as JSON has it (https://cyclonedx.org/docs/1.7/json/). */
import { z } from 'zod';

const properties = z.array(z.object({ name: z.string().nullish(), value: z.string().nullish() })).nullish();
const contacts = z.array(z.object({ name: z.string().nullish(), email: z.string().nullish() })).nullish();
const entity = z
  .object({
    name: z.string().nullish(),
    url: z.union([z.string(), z.array(z.string())]).nullish(),
    contact: contacts,
  })
  .nullish();
export const componentSchema = z.object({
  type: z.string(),
  name: z.string().min(1).max(1000),
  group: z.string().max(1000).nullish(),
  version: z.string().max(1000).nullish(),
  description: z.string().nullish(),
  'bom-ref': z.string().max(4096).nullish(),
  purl: z.string().max(4096).nullish(),
  scope: z.enum(['required', 'optional', 'excluded']).nullish(),
  supplier: entity,
  publisher: z.string().nullish(),
  author: z.string().nullish(),
  manufacturer: entity,
  hashes: z.array(z.object({ alg: z.string(), content: z.string().max(256) })).nullish(),
  licenses: z
    .array(
      z.object({
        expression: z.string().nullish(),
        license: z.object({ id: z.string().nullish(), name: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
  evidence: z
    .object({
      occurrences: z
        .array(z.object({ location: z.string().nullish() }))
        .max(10_000)
        .nullish(),
    })
    .nullish(),
  properties,
  components: z.array(z.unknown()).nullish(),
});
export type CdxComponent = z.infer<typeof componentSchema>;

/** The document without its lists. */
export const restSchema = z.object({
  serialNumber: z.string().max(100).nullish().catch(undefined),
  specVersion: z.enum(['1.2', '1.3', '1.4', '1.5', '1.6', '1.7']),
  metadata: z
    .object({
      timestamp: z.string().max(100).nullish(),
      component: z.unknown().optional(),
      properties,
      authors: contacts,
      supplier: entity,
      manufacturer: entity,
      manufacture: entity,
      tools: z.unknown().optional(),
    })
    .nullish(),
});
export const dependencySchema = z.object({
  ref: z.string().max(4096),
  dependsOn: z.array(z.string().max(4096)).nullish(),
});

export type CdxProperties = z.infer<typeof properties>;
export type CdxRest = z.infer<typeof restSchema>;
export type CdxDependency = z.infer<typeof dependencySchema>;
