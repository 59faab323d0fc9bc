/** What OpenVEX calls a product: an image by its digest, what has none, such as a folder, by its name alone. */
export function productOf({ name, digest }: { readonly name: string; readonly digest?: string }): string {
  if (digest === undefined) return `pkg:generic/${encodeURIComponent(name)}`;
  return `pkg:oci/${encodeURIComponent(name.split('/').at(-1) ?? '')}@${encodeURIComponent(digest)}`;
}
