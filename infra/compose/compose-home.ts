import { type StackHome, stackHome } from '../dev/stack-home.ts';

const ROOT = '/var/lib/pratique';

/**
 * The state of the stack inside containers: one volume for each reader, so that a container mounts what it may read and
 * nothing else (keys: the trust service; builder: the builder's signer; sources: the builder; webhook: gateway and registry).
 */
export const composeHome: StackHome = {
  ...stackHome(ROOT),
  webhookSecretFile: `${ROOT}/webhook/secret`,
  keyPassphraseFile: `${ROOT}/keys/passphrase`,
  keysDir: `${ROOT}/keys/encrypted`,
  builderKeysDir: `${ROOT}/builder/encrypted`,
  builderPassphraseFile: `${ROOT}/builder/passphrase`,
  allowedSignersFile: `${ROOT}/sources/allowed_signers`,
  policyFile: `${ROOT}/config/policy.yaml`,
  adminTokenFile: `${ROOT}/admin/admin.token`,
};

/** What the registry container is started with. */
export const composeRegistryConfigFile = `${ROOT}/webhook/registry.yml`;
