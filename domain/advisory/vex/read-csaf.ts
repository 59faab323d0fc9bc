/** CSAF 2.0 documents of the VEX profile, and security advisories (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html). */
import { z } from 'zod';
import { isSuppressed, type VexStatus } from '../finding.ts';
import { type VexStatement, vexLimits } from './statement.ts';
import { VexError } from './vex-error.ts';

const text = z.string().max(vexLimits.text);
const idsSchema = z.array(text).max(vexLimits.products).optional();
const productSchema = z.object({
  product_id: text,
  product_identification_helper: z
    .object({
      purl: text.optional(),
      hashes: z.array(z.object({ file_hashes: z.array(z.object({ algorithm: text, value: text })) })).optional(),
    })
    .optional(),
});
const branchSchema = z.object({ product: productSchema.optional(), branches: z.array(z.unknown()).optional() });
const noteSchema = z.array(z.object({ category: text.optional(), details: text, product_ids: idsSchema })).optional();
const documentSchema = z.object({
  document: z.object({
    publisher: z.object({ name: text }).optional(),
    tracking: z.object({ current_release_date: text.optional() }).optional(),
  }),
  product_tree: z
    .object({
      branches: z.array(z.unknown()).optional(),
      full_product_names: z.array(productSchema).optional(),
      relationships: z
        .array(z.object({ full_product_name: z.object({ product_id: text }), product_reference: text }))
        .optional(),
    })
    .optional(),
  vulnerabilities: z
    .array(
      z.object({
        cve: text.optional(),
        ids: z.array(z.object({ text })).optional(),
        product_status: z.record(z.string(), z.array(text).max(vexLimits.products)).optional(),
        flags: z.array(z.object({ label: text, product_ids: idsSchema })).optional(),
        threats: noteSchema,
        remediations: noteSchema,
      }),
    )
    .max(vexLimits.statements)
    .optional(),
});
type CsafDocument = z.output<typeof documentSchema>;
type Vulnerability = NonNullable<CsafDocument['vulnerabilities']>[number];

/** Section 3.2.3.9: product status groups, as VEX has them. `last_affected` and `first_affected` are affected too. */
const STATUSES: Readonly<Record<string, VexStatus>> = {
  known_not_affected: 'not_affected',
  fixed: 'fixed',
  first_fixed: 'fixed',
  known_affected: 'affected',
  first_affected: 'affected',
  last_affected: 'affected',
  under_investigation: 'under_investigation',
};

function namesOf({ product_identification_helper: helper }: z.output<typeof productSchema>): string[] {
  const hashes = helper?.hashes?.flatMap(({ file_hashes }) => file_hashes) ?? [];
  const digests = hashes.map(({ algorithm, value }) => `${algorithm.toLowerCase()}:${value.toLowerCase()}`);
  return [...(helper?.purl === undefined ? [] : [helper.purl]), ...digests];
}

interface Product {
  readonly names: readonly string[];
  /** A package of a distribution in one of its releases, which its purl does not name: those of every release look like it. */
  readonly isOfOneRelease: boolean;
}

const isOfAnyRelease = (name: string) => /^pkg:(?:rpm|deb|apk)\/[^@]*$/.test(name) && !/[?&]distro=/.test(name);

/** Product ids to the purls and digests that stand for them. */
function readProducts({ product_tree: tree = {} }: CsafDocument): ReadonlyMap<string, Product> {
  const names = new Map<string, Product>();
  const add = (product: z.output<typeof productSchema>) =>
    names.set(product.product_id, { names: namesOf(product), isOfOneRelease: false });
  for (const product of tree.full_product_names ?? []) add(product);
  const pending = (tree.branches ?? []).map((branch) => ({ branch, depth: 0 }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { depth } = next;
    if (depth > vexLimits.depth)
      throw new VexError('VEX_INVALID', `product_tree: nested more than ${vexLimits.depth} deep`);
    const { product, branches = [] } = branchSchema.parse(next.branch);
    if (product !== undefined) add(product);
    pending.push(...branches.map((branch) => ({ branch, depth: depth + 1 })));
  }
  // "X as a component of Y" is told by X: what it is part of is the stream it is delivered in.
  for (const { full_product_name: whole, product_reference: part } of tree.relationships ?? []) {
    const partNames = names.get(part)?.names ?? [];
    names.set(whole.product_id, { names: partNames, isOfOneRelease: partNames.some(isOfAnyRelease) });
  }
  return names;
}

function findFor<T extends { readonly product_ids?: readonly string[] | undefined }>(
  list: readonly T[] | undefined,
  id: string,
) {
  return list?.find(({ product_ids: ids }) => ids === undefined || ids.includes(id));
}

function toStatements(
  vulnerability: Vulnerability,
  products: ReadonlyMap<string, Product>,
  about: Pick<VexStatement, 'author' | 'at'>,
): VexStatement[] {
  const ids = [vulnerability.cve, ...(vulnerability.ids ?? []).map((id) => id.text)].filter((id) => id !== undefined);
  return Object.entries(vulnerability.product_status ?? {}).flatMap(([group, members]) => {
    const status = STATUSES[group];
    if (status === undefined) return [];
    return members.flatMap((id): VexStatement[] => {
      const { names, isOfOneRelease } = products.get(id) ?? { names: [], isOfOneRelease: false };
      if (names.length === 0 || (isOfOneRelease && isSuppressed({ vex: { status } }))) return [];
      const justification = findFor(vulnerability.flags, id)?.label;
      const impact = vulnerability.threats?.filter(({ category }) => category === 'impact');
      const statement = (findFor(impact, id) ?? findFor(vulnerability.remediations, id))?.details;
      return [
        {
          ids,
          products: [{ names, subcomponents: [] }],
          status,
          ...(justification === undefined ? {} : { justification }),
          ...(statement === undefined ? {} : { statement }),
          ...about,
        },
      ];
    });
  });
}

/** Statements about products that have a purl or a digest; others name nothing a component could be. Throws a ZodError or a VexError. */
export function readCsaf(json: unknown): VexStatement[] {
  const document = documentSchema.parse(json);
  const products = readProducts(document);
  const author = document.document.publisher?.name;
  const at = document.document.tracking?.current_release_date;
  const about = { ...(author === undefined ? {} : { author }), ...(at === undefined ? {} : { at }) };
  return (document.vulnerabilities ?? []).flatMap((one) => toStatements(one, products, about));
}
