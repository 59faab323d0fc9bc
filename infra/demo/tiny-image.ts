import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';

/** An image with one package and one file, pushed as any client would push it. */
export async function buildTinyImage(
  registry: Registry,
  repository: string,
  tag: string,
  text: string,
): Promise<Digest> {
  const tar = pack();
  tar.entry(
    { name: 'app/node_modules/left/package.json' },
    JSON.stringify({ name: 'left', version: '1.0.0', license: 'MIT' }),
  );
  tar.entry({ name: 'app/note.txt' }, text);
  tar.finalize();
  const plain = Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
  const layer = gzipSync(plain);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(plain)] },
    }),
  );
  const describe = (bytes: Uint8Array, mediaType: string) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: describe(config, mediaTypes.ociConfig),
      layers: [describe(layer, mediaTypes.ociLayerGzip)],
    }),
  );
  for (const bytes of [layer, config]) await registry.putBlob(repository, describe(bytes, ''), bytes);
  return (await registry.putManifest(repository, tag, manifest, mediaTypes.ociManifest)).digest;
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}
