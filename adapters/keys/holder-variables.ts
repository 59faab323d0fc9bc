/** What the clients of keys held elsewhere are told (docs/signing.md): AWS KMS, Google Cloud KMS, Azure Key Vault, HashiCorp Vault, PKCS #11. */
const HOLDER =
  /^(?:AWS_|AZURE_|GOOGLE_|VAULT_|PRATIQUE_(?:PKCS11|GCPKMS|AZUREKMS)_|(?:GCE_METADATA_HOST|CLOUDSDK_CONFIG|IDENTITY_ENDPOINT|IDENTITY_HEADER|TRANSIT_SECRET_ENGINE_PATH)$)/;

/** The variables of `env` that are theirs. */
export function pickHolderVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && HOLDER.test(name) ? [[name, value]] : [])),
  );
}
