/** Who supplies something, as package databases write it (`Name <address>`) and as SBOM formats want it (in parts). */

export interface Contact {
  readonly name: string;
  readonly email?: string;
}

/** What every format's schema takes for an address: no more than it needs to be. */
const ADDRESS = /^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/;

/** Anything that is not exactly a name and an address is a name as a whole. */
export function parseContact(text: string): Contact {
  const [, name, email] = /^([^<>]*[^<>\s]) <([^<>\s]+)>$/.exec(text) ?? [];
  return name !== undefined && email !== undefined && ADDRESS.test(email) ? { name, email } : { name: text };
}

/** `Name <address>`; `undefined` where there is neither. */
export function formatContact(name: string | undefined, email: string | undefined): string | undefined {
  if (!name) return email || undefined;
  return email ? `${name} <${email}>` : name;
}
