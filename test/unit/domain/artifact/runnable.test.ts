import { describe, expect, it } from 'vitest';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { StoredManifest } from '../../../../domain/artifact/registry.ts';
import { roleOf } from '../../../../domain/artifact/runnable.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const subject = parseDigest(`sha256:${'b'.repeat(64)}`);
const describeAs = (mediaType: string) => ({ mediaType, digest, size: 1 });
const manifest = (layers: readonly string[]): StoredManifest => ({
  descriptor: describeAs(mediaTypes.ociManifest),
  bytes: new Uint8Array(),
  content: {
    kind: 'manifest',
    manifest: { schemaVersion: 2, config: describeAs(mediaTypes.ociConfig), layers: layers.map(describeAs) },
  },
});

const SIGNATURE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json';
const tag = (suffix: string) => `sha256-${'b'.repeat(64)}.${suffix}`;

describe("under cosign's older tags", () => {
  it.each([
    ['a signature', tag('sig'), [SIGNATURE], { role: 'evidence', subject }],
    ['attestations', tag('att'), [ENVELOPE, ENVELOPE], { role: 'evidence', subject }],
    // Dressed as evidence, a runnable image is judged like any other.
    ['an image', tag('sig'), [mediaTypes.ociLayerGzip], { role: 'artifact', kind: 'image' }],
    [
      'an image with a signature in it',
      tag('sig'),
      [SIGNATURE, mediaTypes.ociLayerGzip],
      { role: 'artifact', kind: 'image' },
    ],
    ['nothing', tag('sig'), [], { role: 'artifact', kind: 'image' }],
    ['a signature, under another tag', '1.0', [SIGNATURE], { role: 'artifact', kind: 'image' }],
    ['a signature, under no tag', undefined, [SIGNATURE], { role: 'artifact', kind: 'image' }],
  ] as const)('%s', (_name, under, layers, role) => {
    expect(roleOf(manifest(layers), under)).toEqual(role);
  });
});

describe('a manifest with a subject', () => {
  const about = (config: string): StoredManifest => {
    const { descriptor, bytes } = manifest([]);
    const layers = [describeAs('application/octet-stream')];
    const said = {
      schemaVersion: 2 as const,
      config: describeAs(config),
      layers,
      subject: describeAs(mediaTypes.ociManifest),
    };
    return {
      descriptor,
      bytes,
      content: { kind: 'manifest', manifest: { ...said, subject: { ...said.subject, digest: subject } } },
    };
  };

  it.each([undefined, '1.0', `sha256-${'b'.repeat(64)}`])('that can run is an image, whatever its tag: %s', (tag) => {
    for (const config of [mediaTypes.ociConfig, mediaTypes.dockerConfig])
      expect(roleOf(about(config), tag)).toEqual({ role: 'artifact', kind: 'image' });
  });

  it('that can not run is evidence about it', () => {
    expect(roleOf(about('application/vnd.oci.empty.v1+json'), undefined)).toEqual({ role: 'evidence', subject });
  });
});
