/** Images no builder makes: layers that are cut short, lie, or attack whoever unpacks them. */
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { digestOf, type TestImage } from '../images.ts';

interface RawLayer {
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  /** Of the expanded bytes; made up where nobody gets that far. */
  readonly diffId?: Digest;
}

const NOWHERE = `sha256:${'0'.repeat(64)}` as Digest;

/** An image with this one layer, as it is. */
export function imageWith({ bytes, mediaType = mediaTypes.ociLayerGzip, diffId = NOWHERE }: RawLayer): TestImage {
  const blobs = new Map<Digest, Uint8Array>();
  const put = (content: Uint8Array, type: string) => {
    const digest = digestOf(content);
    blobs.set(digest, content);
    return { mediaType: type, digest, size: content.length };
  };
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const config = put(
    json({ os: 'linux', architecture: 'amd64', config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } }),
    mediaTypes.ociConfig,
  );
  const layers = [put(bytes, mediaType)];
  return {
    top: put(json({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }), mediaTypes.ociManifest),
    blobs,
  };
}

async function tarOf(name: string, content: Buffer): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name, mtime: new Date(0) }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The end of the gzip stream is missing: an upload that broke, or a truncation meant to hide what follows. */
export async function truncatedGzip(): Promise<TestImage> {
  const tar = await tarOf('app/data', Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7919) % 256)));
  const whole = gzipSync(tar);
  return imageWith({ bytes: whole.subarray(0, Math.floor(whole.length / 2)), diffId: digestOf(tar) });
}

export async function unknownLayerType(): Promise<TestImage> {
  const tar = await tarOf('app/data', Buffer.from('data'));
  return imageWith({ bytes: tar, mediaType: 'application/vnd.test.layer.v1+squashfs', diffId: digestOf(tar) });
}

/** tar-stream writes the name as it is given. */
export async function climbingPath(): Promise<TestImage> {
  const tar = await tarOf('app/../../etc/cron.d/evil', Buffer.from('* * * * * root true\n'));
  return imageWith({ bytes: gzipSync(tar), diffId: digestOf(tar) });
}

/** A few hundred kilobytes that expand to hundreds of megabytes: many gzip members (RFC 1952, 2.2) of zeros, one after the other. */
export async function bomb(): Promise<TestImage> {
  const mebibyte = 1024 * 1024;
  const mebibytes = 400;
  const zeros = gzipSync(Buffer.alloc(mebibyte));
  return imageWith({
    bytes: Buffer.concat([
      gzipSync(headerOf('app/zeros', mebibytes * mebibyte)),
      ...Array.from({ length: mebibytes }, () => zeros),
    ]),
  });
}

/** A ustar header (POSIX pax, 4.4) for a file whose content is made elsewhere. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number) =>
    header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.write(' '.repeat(8), 148, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return header;
}
