/** Where a key of ours may be held besides the folder of the trust worker. */
const held = /^(?:pkcs11:|(?:awskms|gcpkms|azurekms|hashivault):\/\/)[\x21-\x7e]{1,1000}$/;
/** What a reference could have loaded, or read: the trust worker is told that by its own configuration alone. */
const localMatters = /(?:pin-value|pin-source|module-path|module-name)/i;

/** Why a key is not opened from there; undefined where it is. Asked where the reference comes in, and again before it is opened. */
export function keyReferenceProblem(reference: string): string | undefined {
  if (!held.test(reference))
    return 'expected a key that is held elsewhere: pkcs11:, awskms://, gcpkms://, azurekms:// or hashivault://';
  const plain = reference.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return localMatters.test(plain)
    ? 'PIN and module are not part of a reference: the trust worker has them in its configuration'
    : undefined;
}
