import type { ServerResponse } from 'node:http';
import { isDigest } from '../../../domain/artifact/digest.ts';
import type { Exchange } from './answer-request.ts';

/** A blob as the switch `blobs` has it. */
export async function sendBlob(
  { store, switches, request, response }: Exchange,
  { name = '', rest = '' }: { readonly name?: string; readonly rest?: string },
): Promise<void> {
  const bytes = isDigest(rest) ? store.repositories.get(name)?.blobs.get(rest) : undefined;
  if (bytes === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"BLOB_UNKNOWN"}]}');
    return;
  }
  if (request.method === 'HEAD') {
    response.writeHead(200, { 'content-length': bytes.byteLength }).end();
    return;
  }
  if (switches.blobRedirect !== undefined) {
    response.writeHead(307, { location: `${switches.blobRedirect}/v2/${name}/blobs/${rest}?signature=secret` }).end();
    return;
  }
  const half = bytes.subarray(0, Math.floor(bytes.byteLength / 2));
  switch (switches.blobs) {
    case 'honest':
      response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes);
      return;
    case 'truncated':
      response.writeHead(200, { 'content-length': half.byteLength }).end(half);
      return;
    case 'other-bytes':
      response.writeHead(200).end(Buffer.from(bytes).reverse());
      return;
    case 'broken-off':
      response.writeHead(200, { 'content-length': bytes.byteLength });
      response.write(half, () => response.destroy());
      return;
    case 'silent':
      response.writeHead(200, { 'content-length': bytes.byteLength });
      response.write(half);
      return;
    case 'endless':
      response.writeHead(200);
      while (!response.destroyed) {
        const more = response.write(Buffer.alloc(65_536));
        if (!more) await drainedOrClosed(response);
      }
  }
}

function drainedOrClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
