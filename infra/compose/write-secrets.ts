/** The first container to run: makes the secrets, and the registry's configuration, which holds one of them. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { registryConfig } from '../dev/parts/registry-config.ts';
import { ensureRegistryUsers, writeRegistryLogins } from '../dev/registry-users.ts';
import { ensureSecret, readSecret } from '../dev/secrets.ts';
import { serviceDefinitions } from '../dev/services.ts';
import { composeHome, composeRegistryConfigFile } from './compose-home.ts';

for (const dir of [composeHome.keysDir, composeHome.builderKeysDir]) await mkdir(dir, { recursive: true, mode: 0o700 });
await ensureSecret(composeHome.webhookSecretFile);
await ensureSecret(composeHome.keyPassphraseFile);
await ensureSecret(composeHome.builderPassphraseFile);
await ensureRegistryUsers(composeHome);
for (const { name } of serviceDefinitions) await writeRegistryLogins(composeHome, name, '127.0.0.1:5000');
// Services share the registry's network, and the host reaches the gateway on the same port: see docker-compose.yml.
const gatewayUrl = `http://127.0.0.1:${process.env.PRATIQUE_PORT ?? '8080'}`;
const config = registryConfig({
  listen: '0.0.0.0:5000',
  storageDir: '/var/lib/registry',
  gatewayUrl,
  webhookSecret: await readSecret(composeHome.webhookSecretFile),
  httpSecret: randomBytes(32).toString('hex'),
  users: { gatewayUrl, certificateFile: composeHome.registryTokenCertificateFile },
});
await writeFile(composeRegistryConfigFile, config, { mode: 0o600 });
