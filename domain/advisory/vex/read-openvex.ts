/** OpenVEX documents, 0.0.1 to 0.2.0 (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md). */
import { z } from 'zod';
import { vexStatuses } from '../finding.ts';
import { type VexProduct, type VexStatement, vexLimits } from './statement.ts';

const text = z.string().max(vexLimits.text);
const componentSchema = z.object({
  '@id': text.optional(),
  identifiers: z.record(z.string(), text).optional(),
  hashes: z.record(z.string(), text).optional(),
});
const productSchema = componentSchema.extend({ subcomponents: z.array(componentSchema).optional() });
/** Until 0.0.1 products and vulnerabilities were plain texts. */
const asProduct = z.union([productSchema, text.transform((id) => ({ '@id': id }) as z.output<typeof productSchema>)]);
const vulnerabilitySchema = z.union([
  z.object({ '@id': text.optional(), name: text.optional(), aliases: z.array(text).optional() }),
  text.transform((name) => ({ '@id': undefined, name, aliases: undefined })),
]);
const documentSchema = z.object({
  author: text.optional(),
  timestamp: text.optional(),
  statements: z
    .array(
      z.object({
        vulnerability: vulnerabilitySchema,
        products: z.array(asProduct).max(vexLimits.products).optional(),
        status: z.enum(vexStatuses),
        justification: text.optional(),
        impact_statement: text.optional(),
        action_statement: text.optional(),
        status_notes: text.optional(),
        timestamp: text.optional(),
      }),
    )
    .max(vexLimits.statements),
});

function namesOf({ '@id': id, identifiers = {}, hashes = {} }: z.output<typeof componentSchema>): string[] {
  const digests = Object.entries(hashes).map(
    ([kind, hex]) => `${kind.toLowerCase().replace('-', '')}:${hex.toLowerCase()}`,
  );
  return [...(id === undefined ? [] : [id]), ...Object.values(identifiers), ...digests];
}

function toProduct(product: z.output<typeof productSchema>): VexProduct {
  return { names: namesOf(product), subcomponents: (product.subcomponents ?? []).flatMap(namesOf) };
}

/** Throws a ZodError. */
export function readOpenVex(json: unknown): VexStatement[] {
  const { author, timestamp, statements } = documentSchema.parse(json);
  return statements.map((one) => {
    const { name, '@id': id, aliases = [] } = one.vulnerability;
    const statement = one.impact_statement ?? one.action_statement ?? one.status_notes;
    const at = one.timestamp ?? timestamp;
    return {
      ids: [name, id?.replace(/^.*\//, ''), ...aliases].filter((each) => each !== undefined),
      products: (one.products ?? []).map(toProduct),
      status: one.status,
      ...(one.justification === undefined ? {} : { justification: one.justification }),
      ...(statement === undefined ? {} : { statement }),
      ...(author === undefined ? {} : { author }),
      ...(at === undefined ? {} : { at }),
    };
  });
}
