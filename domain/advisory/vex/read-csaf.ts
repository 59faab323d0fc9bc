/** CSAF 2.0 documents of the VEX profile, and security advisories (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html). */
import { z } from 'zod';
import { isSuppressed, type VexStatus } from '../finding.ts';
import { type VexProduct, type VexStatement, vexLimits } from './statement.ts';
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
        .array(
          z.object({
            full_product_name: z.object({ product_id: text }),
            product_reference: text,
            relates_to_product_reference: text.optional(),
          }),
        )
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

interface Product extends VexProduct {
  /** Said of it in one place, which nothing here names, while it looks the same everywhere: nothing is hidden by that. */
  readonly isElsewhere: boolean;
}

/** A package of a distribution in one of its releases, which its purl does not name: those of every release look like it. */
const isOfAnyRelease = (name: string) => /^pkg:(?:rpm|deb|apk)\/[^@]*$/.test(name) && !/[?&]distro=/.test(name);
const isSystemPackage = (name: string) => /^pkg:(?:rpm|rpmmod|deb|apk)\//.test(name);
/** Told by itself, whatever it is delivered in: a package of a distribution, or an artifact by its digest. */
const isItself = (name: string) => isSystemPackage(name) || !/^pkg:(?!oci\/|docker\/)/.test(name);

/**
 * "X as a component of Y": where Y is an artifact that can be told, X inside of it; where it is a stream that a distribution
 * delivers X in, X. Of a package that anybody may have, in what nobody can tell, nothing is known here.
 */
function combine(part: Product, whole: Product | undefined): Product {
  const names = (whole?.names ?? []).filter((name) => !isSystemPackage(name));
  const parts = part.subcomponents.length > 0 ? part.subcomponents : part.names;
  if (names.length > 0 && parts.length > 0) return { names, subcomponents: parts, isElsewhere: false };
  if (part.subcomponents.length > 0) return part;
  return { ...part, isElsewhere: part.isElsewhere || !part.names.every(isItself) || part.names.some(isOfAnyRelease) };
}

const UNKNOWN: Product = { names: [], subcomponents: [], isElsewhere: false };

/** By product id. */
function readProducts({ product_tree: tree = {} }: CsafDocument): ReadonlyMap<string, Product> {
  const products = new Map<string, Product>();
  const add = (product: z.output<typeof productSchema>) =>
    products.set(product.product_id, { names: namesOf(product), subcomponents: [], isElsewhere: false });
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
  for (const {
    full_product_name: both,
    product_reference: part,
    relates_to_product_reference: whole = '',
  } of tree.relationships ?? [])
    products.set(both.product_id, combine(products.get(part) ?? UNKNOWN, products.get(whole)));
  return products;
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
      const { isElsewhere, ...product } = products.get(id) ?? UNKNOWN;
      if (product.names.length === 0 || (isElsewhere && isSuppressed({ vex: { status } }))) return [];
      const justification = findFor(vulnerability.flags, id)?.label;
      const impact = vulnerability.threats?.filter(({ category }) => category === 'impact');
      const statement = (findFor(impact, id) ?? findFor(vulnerability.remediations, id))?.details;
      return [
        {
          ids,
          products: [product],
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
