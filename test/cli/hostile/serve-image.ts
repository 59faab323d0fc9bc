/** A registry with one image of one layer, whose bytes may be more than fit anywhere, and other than is said of them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';

export interface HostileLayer {
  /** Called for each reading. */
  readonly bytes: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly compression?: 'gzip' | 'zstd';
  /** What is said of bytes that never end, or are others: then nothing is read to find it out. */
  readonly said?: { readonly digest?: string; readonly size?: number; readonly diffId?: string };
  /** Of what it unpacks to; where it is compressed and this is not given, its diff-id is none that fits. */
  readonly unpacked?: Uint8Array;
}

export interface ServedImage extends AsyncDisposable {
  readonly reference: string;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function serveImage({ bytes, compression, said = {}, unpacked }: HostileLayer): Promise<ServedImage> {
  const type = compression === undefined ? mediaTypes.ociLayer : `${mediaTypes.ociLayer}+${compression}`;
  const is = said.digest !== undefined && said.size !== undefined ? undefined : await measure(bytes());
  const digest = said.digest ?? is?.digest ?? '';
  const layer = { mediaType: type, digest, size: said.size ?? is?.size ?? 0 };
  const diffId = said.diffId ?? (unpacked === undefined ? digest : sha256(unpacked));
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [diffId] } }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: sha256(config), size: config.length },
      layers: [layer],
    }),
  );
  const server = createServer((request, response) => {
    const what = request.url?.split('/').at(-1);
    if (what === digest)
      Readable.from(bytes())
        .on('error', () => response.destroy())
        .pipe(response);
    else if (what === sha256(config)) response.end(config);
    else response.setHeader('content-type', mediaTypes.ociManifest).end(manifest);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    reference: `127.0.0.1:${(server.address() as AddressInfo).port}/hostile:latest`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function measure(bytes: ReturnType<HostileLayer['bytes']>): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}
