import { createHash } from 'node:crypto';

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Pushes the smallest image there is, told apart by `label`, with plain HTTP and nothing of ours. Returns its digest. */
export async function pushImage(host: string, repository: string, label: string): Promise<string> {
  const base = `http://${host}/v2/${repository}`;
  const config = new TextEncoder().encode(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { label } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const upload = new URL(started.headers.get('location') ?? '', base);
  upload.searchParams.set('digest', digestOf(config));
  await expectCreated(await fetch(upload, { method: 'PUT', body: config }));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [],
    }),
  );
  const headers = { 'content-type': mediaType };
  await expectCreated(await fetch(`${base}/manifests/1`, { method: 'PUT', body: manifest, headers }));
  return digestOf(manifest);
}

async function expectCreated(response: Response): Promise<void> {
  if (response.status !== 201) throw new Error(`${response.url}: HTTP ${response.status}: ${await response.text()}`);
}
