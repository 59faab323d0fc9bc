import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../adapters/oci/digest-of.ts';
import { attachBundle, attachBundles } from '../../../../adapters/sigstore/attach-bundle.ts';
import { createBundleManifest } from '../../../../adapters/sigstore/bundle-manifest.ts';
import { copyEvidence } from '../../../../adapters/sigstore/copy-evidence.ts';
import { missingEvidence } from '../../../../adapters/sigstore/missing-evidence.ts';
import { readEvidence } from '../../../../adapters/sigstore/read-evidence.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { type Digest, parseDigest } from '../../../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../../../domain/artifact/registry.ts';
import type { AttachedEvidence } from '../../../../domain/trust/evidence-desk.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';

const subject = { mediaType: mediaTypes.ociManifest, digest: parseDigest(`sha256:${'a'.repeat(64)}`), size: 7 };
const bundle = new TextEncoder().encode('{"bundle":1}');
const created = '2026-01-02T03:04:05Z';
const predicateType = 'https://sigstore.dev/cosign/sign/v1';
const attach = (registry: Registry, at = created): Promise<Digest> =>
  attachBundle(registry, { repository: 'shop', subject, bundle, predicateType, created: at });
async function readAll(registry: Registry, limit = 1000, known: readonly Digest[] = []): Promise<AttachedEvidence[]> {
  const found: AttachedEvidence[] = [];
  const options = { limit, known: new Set(known) };
  for await (const evidence of readEvidence(registry, 'shop', subject.digest, options)) found.push(evidence);
  return found;
}

// What cosign 3.1.3 writes (pkg/oci/remote/write.go), but for the artifact type it repeats in the config's descriptor.
it('the manifest is the one cosign attaches, and the same each time', () => {
  const made = createBundleManifest(subject, bundle, predicateType, created);
  expect(JSON.parse(new TextDecoder().decode(made.bytes))).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      size: 2,
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    },
    layers: [
      { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', size: bundle.length, digest: sha256(bundle) },
    ],
    subject,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType,
      'org.opencontainers.image.created': created,
    },
  });
  expect(made.descriptor.digest).toBe(sha256(made.bytes));
  expect(createBundleManifest(subject, bundle, predicateType, created)).toEqual(made);
});

it('what was attached is read back; attached twice, it is there once', async () => {
  const { registry } = createMemoryRegistry();
  const manifest = await attach(registry);
  expect(await attach(registry)).toBe(manifest);
  expect(await readAll(registry)).toEqual([{ kind: 'bundle', manifest, bundle: sha256(bundle), bytes: bundle }]);
  expect(await readAll(registry, 1000, [manifest])).toEqual([]);
});

describe('what an earlier try may have attached', () => {
  const items = [created, '2026-01-02T03:04:06Z'].map((at) => ({ subject, bundle, predicateType, created: at }));
  const again = items.map((item) => ({ ...item, mayBeThere: true }));

  /** Attached, then attached again: the answers of both, and what the second wrote. */
  async function attachAgain(between: (memory: ReturnType<typeof createMemoryRegistry>, first: Digest) => void) {
    const memory = createMemoryRegistry();
    const first = await attachBundles(memory.registry, 'shop', items);
    between(memory, first[0]!.manifest);
    const written: string[] = [];
    const watched: Registry = {
      ...memory.registry,
      putBlob: async (...asked) => {
        written.push('blob');
        return memory.registry.putBlob(...asked);
      },
      attachReferrers: async (repository, about, manifests, ...rest) => {
        written.push(...manifests.map(({ bytes }) => sha256(bytes)));
        return memory.registry.attachReferrers(repository, about, manifests, ...rest);
      },
    };
    const second = await attachBundles(watched, 'shop', again);
    expect(second).toEqual(first);
    const manifests = first.map(({ manifest }) => manifest);
    const attached = manifests.map((manifest) => ({ subject: subject.digest, manifest }));
    expect(await missingEvidence(memory.registry, 'shop', attached)).toEqual([]);
    return { written, manifests };
  }

  it('is not written again where it is there', async () => {
    expect((await attachAgain(() => undefined)).written).toEqual([]);
  });

  it('is written where its manifest is gone, and only that', async () => {
    const { written, manifests } = await attachAgain(({ repository }, first) => {
      repository('shop').manifests.delete(first);
    });
    expect(written.filter((one) => one !== 'blob')).toEqual([manifests[0]]);
  });

  it('is written where it is not listed any more', async () => {
    const { written, manifests } = await attachAgain(({ repository }) => repository('shop').referrers.clear());
    expect(written.filter((one) => one !== 'blob')).toEqual(manifests);
  });

  it('is written where the registry can not tell, which is what mends it', async () => {
    const memory = createMemoryRegistry();
    const [first] = await attachBundles(memory.registry, 'shop', items);
    let isBroken = true;
    const broken: Registry = {
      ...memory.registry,
      resolve: async (...asked) => {
        if (isBroken && asked[1] === first!.manifest)
          throw new RegistryError('REGISTRY_UNAVAILABLE', 'an empty link file', { status: 500 });
        return memory.registry.resolve(...asked);
      },
      attachReferrers: async (...asked) => {
        isBroken = false;
        return memory.registry.attachReferrers(...asked);
      },
    };
    await attachBundles(broken, 'shop', again);
    expect(isBroken).toBe(false);
  });

  it('is no more believed than anything else once it was written again', async () => {
    const { registry } = createMemoryRegistry();
    const forgetful: Registry = { ...registry, resolve: async () => undefined };
    await expect(attachBundles(forgetful, 'shop', again)).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
  });
});

it('a registry that says done and shows nothing is not believed', async () => {
  const { registry } = createMemoryRegistry();
  const forgetful: Registry = { ...registry, resolve: async () => undefined };
  await expect(attach(forgetful)).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
});

describe('hostile or broken referrers', () => {
  /** A manifest listed under the subject, changed from what a bundle's would be. */
  async function attachChanged(change: object, blob: Uint8Array = bundle) {
    const memory = createMemoryRegistry();
    const { bytes, blobs } = createBundleManifest(subject, bundle, predicateType, created);
    const manifest = { ...(JSON.parse(new TextDecoder().decode(bytes)) as object), ...change };
    for (const { descriptor } of blobs) await memory.registry.putBlob('shop', descriptor, blob);
    await memory.registry.attachReferrer(
      'shop',
      subject.digest,
      Buffer.from(JSON.stringify(manifest)),
      mediaTypes.ociManifest,
    );
    return memory;
  }
  const layer = { mediaType: mediaTypes.sigstoreBundle, digest: sha256(bundle), size: bundle.length };

  it.each<[string, object, string]>([
    ['without a layer', { layers: [] }, 'has 0'],
    ['with two layers', { layers: [layer, layer] }, 'has 2'],
    ['with a bundle that is missing', { layers: [{ ...layer, digest: `sha256:${'c'.repeat(64)}` }] }, 'no such blob'],
  ])('%s: reported in its place', async (_name, change, reason) => {
    const { registry } = await attachChanged(change);
    expect(await readAll(registry)).toEqual([
      { kind: 'unreadable', manifest: expect.any(String) as string, reason: expect.stringContaining(reason) as string },
    ]);
  });

  it('with a bundle of a gigabyte: too large, and nothing of it is fetched', async () => {
    const { registry } = await attachChanged({ layers: [{ ...layer, size: 2 ** 30 }] });
    expect(await readAll(registry)).toMatchObject([
      {
        ...{ kind: 'unreadable', code: 'BUNDLE_TOO_LARGE' },
        reason: expect.stringContaining('1073741824 bytes') as string,
      },
    ]);
  });

  it.each<[string, object]>([
    ['another subject', { subject: { ...subject, digest: `sha256:${'b'.repeat(64)}` } }],
    ['no subject', { subject: undefined }],
  ])('about %s: misplaced', async (_name, change) => {
    const { registry } = await attachChanged(change);
    expect(await readAll(registry)).toMatchObject([
      { kind: 'misplaced', reason: expect.stringContaining('another subject') as string },
    ]);
  });

  it('listed twice: comes once', async () => {
    const { registry } = await attachChanged({});
    const twice: Registry = {
      ...registry,
      listReferrers: async (...asked) => {
        const listed = await registry.listReferrers(...asked);
        return [...listed, ...listed];
      },
    };
    expect((await readAll(twice)).map(({ kind }) => kind)).toEqual(['bundle']);
  });

  it('with other bytes than its digest says: reported', async () => {
    const { registry } = await attachChanged({}, new TextEncoder().encode('{"bundle":2}'));
    expect(await readAll(registry)).toMatchObject([{ kind: 'unreadable' }]);
  });

  it('listed and gone: reported', async () => {
    const { registry, repository } = await attachChanged({});
    repository('shop').manifests.clear();
    expect(await readAll(registry)).toMatchObject([
      { kind: 'unreadable', reason: expect.stringContaining('does not have') as string },
    ]);
  });

  it.each([
    ['application/spdx+json', []],
    ['application/vnd.dev.sigstore.bundle+json;version=0.1', ['bundle']],
    [undefined, []],
  ])('of the type %s', async (artifactType, kinds) => {
    const { registry } = await attachChanged({ artifactType });
    expect((await readAll(registry)).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('more than the limit: the first ones, and word of it', async () => {
    const { registry } = createMemoryRegistry();
    for (let index = 0; index < 5; index++) await attach(registry, `2026-01-02T03:04:0${index}Z`);
    expect((await readAll(registry, 3)).map(({ kind }) => kind)).toEqual(['bundle', 'bundle', 'bundle', 'truncated']);
    expect((await readAll(registry, 5)).map(({ kind }) => kind)).toEqual(Array(5).fill('bundle'));
  });

  it.each(['REGISTRY_UNAVAILABLE', 'REGISTRY_DENIED'] as const)(
    '%s says nothing about the evidence: thrown',
    async (code) => {
      const { registry } = await attachChanged({});
      const away: Registry = { ...registry, getBlobBytes: async () => Promise.reject(new RegistryError(code, 'away')) };
      await expect(readAll(away)).rejects.toMatchObject({ code });
    },
  );
});

describe('between repositories', () => {
  const items = async (registry: Registry) => [{ subject: subject.digest, manifest: await attach(registry) }];

  /** What the copy said it would make, before it did. */
  const copying = async (registry: Registry, copy: Awaited<ReturnType<typeof items>>) => {
    const made: Digest[] = [];
    await copyEvidence(registry, 'shop', 'prod/shop', copy, {
      onCreate: async (manifests) => {
        for (const manifest of manifests) expect(await registry.resolve('prod/shop', manifest)).toBeUndefined();
        made.push(...manifests);
      },
    });
    return made;
  };

  it('is copied whole by digest, once', async () => {
    const { registry } = createMemoryRegistry();
    const copy = await items(registry);
    expect(await missingEvidence(registry, 'prod/shop', copy)).toEqual([copy[0]!.manifest]);
    expect(await copying(registry, copy)).toEqual([copy[0]!.manifest]);
    expect(await missingEvidence(registry, 'prod/shop', copy)).toEqual([]);
    expect(await copying(registry, copy)).toEqual([]);
    expect(await registry.getBlobBytes('prod/shop', { digest: sha256(bundle), size: bundle.length }, 1000)).toEqual(
      bundle,
    );
  });

  it('about a subject that is new there is not looked for, and said to be made all the same', async () => {
    const { registry } = createMemoryRegistry();
    const copy = (await items(registry)).map((item) => ({ ...item, isSubjectNew: true }));
    const looked: string[] = [];
    const watched: Registry = {
      ...registry,
      resolve: async (...asked) => {
        looked.push(asked[0]);
        return registry.resolve(...asked);
      },
    };
    const made: Digest[] = [];
    await copyEvidence(watched, 'shop', 'prod/shop', copy, {
      onCreate: async (manifests) => void made.push(...manifests),
    });
    expect(made).toEqual([copy[0]!.manifest]);
    expect(looked).toEqual([]);
    expect(await missingEvidence(registry, 'prod/shop', copy)).toEqual([]);
  });

  it('copied unlisted it is listed along with what is attached next; what is gone, or about something else, is left out', async () => {
    const { registry } = createMemoryRegistry();
    const desk = createRegistryEvidenceDesk(registry);
    const copy = await items(registry);
    await desk.copy('shop', 'prod/shop', copy, { confirm: 'unlisted' });
    expect(await desk.missing('prod/shop', copy)).toEqual([copy[0]!.manifest]);
    const gone = { subject: subject.digest, manifest: parseDigest(`sha256:${'d'.repeat(64)}`) };
    const misplaced = { subject: parseDigest(`sha256:${'e'.repeat(64)}`), manifest: copy[0]!.manifest };
    const own = { subject, bundle: new TextEncoder().encode('{"bundle":2}'), predicateType, created };
    const attached = await desk.attach('prod/shop', [own], 'now', [...copy, gone, misplaced]);
    const all = [...copy, { subject: subject.digest, manifest: attached[0]!.manifest }];
    expect(await desk.missing('prod/shop', all)).toEqual([]);
    expect(await registry.listReferrers('prod/shop', misplaced.subject)).toEqual([]);
  });

  it('is sent where the registry does not mount', async () => {
    const { registry } = createMemoryRegistry();
    const copy = await items(registry);
    await copyEvidence({ ...registry, mountBlob: async () => false }, 'shop', 'prod/shop', copy);
    expect(await registry.hasBlob('prod/shop', sha256(bundle))).toBe(true);
  });

  it('is put back among the referrers where only the manifest was left', async () => {
    const { registry, repository } = createMemoryRegistry();
    const copy = await items(registry);
    await copyEvidence(registry, 'shop', 'prod/shop', copy);
    repository('prod/shop').referrers.clear();
    expect(await missingEvidence(registry, 'prod/shop', copy)).toEqual([copy[0]!.manifest]);
    // The manifest was there before: undoing this copy must not delete it.
    expect(await copying(registry, copy)).toEqual([]);
    expect(await missingEvidence(registry, 'prod/shop', copy)).toEqual([]);
  });

  it.each([
    ['gone', parseDigest(`sha256:${'d'.repeat(64)}`), subject.digest, 'REGISTRY_NOT_FOUND'],
    ['about something else', undefined, parseDigest(`sha256:${'e'.repeat(64)}`), 'REGISTRY_BAD_MANIFEST'],
  ])('what is %s is not copied', async (_name, manifest, about, code) => {
    const { registry } = createMemoryRegistry();
    const [item] = await items(registry);
    const copy = copyEvidence(registry, 'shop', 'prod/shop', [
      { subject: about, manifest: manifest ?? item!.manifest },
    ]);
    await expect(copy).rejects.toMatchObject({ code });
  });
});
