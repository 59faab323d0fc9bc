/** The first container to run: makes the secrets, and the registry's configuration, which holds one of them. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { registryConfig } from '../dev/parts/registry-config.ts';
import { ensureSecret, readSecret } from '../dev/secrets.ts';
import { composeHome, composeRegistryConfigFile } from './compose-home.ts';

for (const dir of [composeHome.keysDir, composeHome.builderKeysDir]) await mkdir(dir, { recursive: true, mode: 0o700 });
await ensureSecret(composeHome.webhookSecretFile);
await ensureSecret(composeHome.keyPassphraseFile);
await ensureSecret(composeHome.builderPassphraseFile);
const config = registryConfig({
  listen: '0.0.0.0:5000',
  storageDir: '/var/lib/registry',
  // Services share the registry's network: see docker-compose.yml.
  gatewayUrl: 'http://127.0.0.1:8080',
  webhookSecret: await readSecret(composeHome.webhookSecretFile),
  httpSecret: randomBytes(32).toString('hex'),
});
await writeFile(composeRegistryConfigFile, config, { mode: 0o600 });
