/** A registry whose tokens come from another host, as those of self-hosted GitLabs do. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CliIo } from '../../../../services/cli/io.ts';
import { openRegistry } from '../../../../services/cli/open-registry.ts';
import { startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

test('gets the credentials there once that host is named, and not before', async () => {
  await using realm = await startFakeRegistry();
  const challenge = `Bearer realm="http://${realm.host}/token",service="fake"`;
  await using server = await startFakeRegistry({ guard: { authorization: 'Bearer abc', challenge } });
  const folder = temporaryFolder('pratique-open-registry-');
  const auth = Buffer.from('ann:secret').toString('base64');
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ auths: { [server.host]: { auth } } }));
  const open = (env: Record<string, string>) =>
    openRegistry(server.host, { cwd: folder, env: { ...env, DOCKER_CONFIG: folder } } as unknown as CliIo);

  await expect((await open({})).listTags('shop')).rejects.toThrow(
    `${server.host} sends its users to ${realm.host} for a token: name that host in PRATIQUE_REGISTRY_REALM_HOSTS`,
  );
  expect(realm.seen).toEqual([]);

  realm.switches.failNext.push({ status: 200, body: '{"token":"abc"}' });
  const named = await open({ PRATIQUE_REGISTRY_REALM_HOSTS: `auth.example, ${realm.host}` });
  expect(await named.listTags('shop')).toEqual([]);
  expect(realm.seen[0]?.headers.authorization).toBe(`Basic ${auth}`);
});
