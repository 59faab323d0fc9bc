/** What the clients of keys held elsewhere are told (docs/signing.md): AWS KMS, HashiCorp Vault, PKCS #11. */
const HOLDER = /^(?:AWS_|VAULT_|PRATIQUE_PKCS11_|TRANSIT_SECRET_ENGINE_PATH$)/;

/** The variables of `env` that are theirs. */
export function pickHolderVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && HOLDER.test(name) ? [[name, value]] : [])),
  );
}
