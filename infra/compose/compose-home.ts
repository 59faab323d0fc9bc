import { type StackHome, stackHome } from '../dev/stack-home.ts';

const ROOT = '/var/lib/pratique';
/** The volume of a process' login, where it is not of the same name. */
const LOGINS: Readonly<Record<string, string>> = { trust: 'keys', builder: 'builder-login' };

/**
 * The state of the stack inside containers: one volume for each reader, so that a container mounts what it may read and
 * nothing else (keys: the trust service; builder: the builder's signer; sources: the builder; webhook: gateway and registry;
 * tokens: the gateway; worker, dispatcher, builder-login: their logins at the registry; passwords: nobody, once the logins are
 * written).
 */
export const composeHome: StackHome = {
  ...stackHome(ROOT),
  webhookSecretFile: `${ROOT}/webhook/secret`,
  keyPassphraseFile: `${ROOT}/keys/passphrase`,
  keysDir: `${ROOT}/keys/encrypted`,
  builderKeysDir: `${ROOT}/builder/encrypted`,
  builderPassphraseFile: `${ROOT}/builder/passphrase`,
  allowedSignersFile: `${ROOT}/sources/allowed_signers`,
  registryTokenKeyFile: `${ROOT}/tokens/registry-token.key`,
  registryTokenCertificateFile: `${ROOT}/webhook/registry-token.crt`,
  registryServicesFile: `${ROOT}/tokens/registry-services.json`,
  registryPasswordFile: (service) => `${ROOT}/passwords/${service}`,
  registryLoginDir: (process) => `${ROOT}/${LOGINS[process] ?? process}/registry`,
  policyFile: `${ROOT}/config/policy.yaml`,
  adminTokenFile: `${ROOT}/admin/admin.token`,
  pushTokenFile: `${ROOT}/admin/push.token`,
};

/** What the registry container is started with. */
export const composeRegistryConfigFile = `${ROOT}/webhook/registry.yml`;
