import type { VexProduct, VexStatement } from './statement.ts';

/** Statements by what they say, each with all its products: CSAF has one for each product. Those about none are left out. */
export function joinStatements(statements: readonly VexStatement[]): VexStatement[] {
  const joined = new Map<string, { readonly one: VexStatement; readonly products: VexProduct[] }>();
  for (const one of statements) {
    const key = JSON.stringify({ ...one, products: undefined });
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { one, products: [...one.products] });
    else for (const product of one.products) known.products.push(product);
  }
  return [...joined.values()].flatMap(({ one, products }) => (products.length === 0 ? [] : [{ ...one, products }]));
}
