/** Text that means one thing to one reader and another to the next: refused, with the place, or taken as what it plainly says. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../adapters/oci/parse-manifest.ts';
import { openBundle } from '../../adapters/sigstore/open-bundle.ts';
import { isDigest, parseDigest } from '../../domain/artifact/digest.ts';
import { isRepositoryName, isTagName, parseReference } from '../../domain/artifact/reference.ts';
import { decodeIntakeEvent } from '../../domain/events/decode-intake-event.ts';
import { encodeIntakeEvent } from '../../domain/events/encode-intake-event.ts';
import { distribution } from '../../domain/events/registry-webhook/distribution.ts';
import { parsePolicy } from '../../domain/policy/parse-policy.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const bytes = (text: string) => new TextEncoder().encode(text);
const event = JSON.stringify(
  encodeIntakeEvent(
    {
      kind: 'artifact-pushed',
      id: 'event-1',
      source: '/registries/test',
      occurredAt: '2026-01-02T03:04:05Z',
      repository: 'shop/web',
      digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      tag: '1.0',
    },
    'registry.test:5000',
  ),
);
const policy = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: { repositories: ['**'] }
environments: [{ name: dev, repository: 'dev/{repository}', gates: [{ gate: digest }] }]
`;
const hashes = {
  sha256: (content: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(content).digest('hex')}`),
  keyIdOf: () => 'key',
};
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('an event', () => {
  it('as it should be is taken: the others differ from it in one thing', () => {
    expect(decodeIntakeEvent(bytes(event))).toMatchObject({ repository: 'shop/web', digest, tag: '1.0' });
  });

  it.each([
    [
      'a key twice',
      event.replace('"type":', '"type":"dev.cdevents.artifact.published.0.1.0","type":'),
      'EVENT_NOT_JSON',
    ],
    ['a key twice, deep inside', event.replace('"tag":"1.0"', '"tag":"0.9","tag":"1.0"'), 'EVENT_NOT_JSON'],
    ['a key twice, once escaped', event.replace('"tag":"1.0"', '"tag":"0.9","\\u0074ag":"1.0"'), 'EVENT_NOT_JSON'],
    ['half a character', event.replace('"1.0"', '"1.0\\ud800"'), 'EVENT_FIELD_INVALID'],
    ['bytes that are no UTF-8', undefined, 'EVENT_NOT_JSON'],
    ['a number beyond all numbers', event.replace('"1.0"', '1e999'), 'EVENT_FIELD_INVALID'],
    ['ten thousand brackets', event.replace('"1.0"', nested(10_000)), 'EVENT_NOT_JSON'],
    ['a tag of look-alikes', event.replace('"1.0"', '"1.О"'), 'EVENT_FIELD_INVALID'],
    ['a digest in capitals', event.replaceAll('a'.repeat(64), 'A'.repeat(64)), 'EVENT_ARTIFACT_INVALID'],
    ['a digest of another algorithm', event.replaceAll('sha256', 'sha512'), 'EVENT_ARTIFACT_INVALID'],
    ['a repository that climbs', event.replaceAll('shop%2Fweb', 'shop%2F..%2Fprod'), 'EVENT_ARTIFACT_INVALID'],
    [
      'another registry’s repository_url inside the name',
      event.replaceAll('shop%2Fweb', '%2F%2Fevil.example%2Fx'),
      'EVENT_ARTIFACT_INVALID',
    ],
  ])('with %s is refused', (_, text, code) => {
    const content = text === undefined ? Buffer.concat([bytes(event), Buffer.from([0xff])]) : bytes(text);
    expect(text).not.toBe(event);
    expect(() => decodeIntakeEvent(content)).toThrow(expect.objectContaining({ code }));
  });

  it('with __proto__ and constructor changes no object but itself', () => {
    const text = event.replace(
      '"type":',
      '"__proto__":{"tag":"evil"},"constructor":{"prototype":{"evil":true}},"type":',
    );
    expect(decodeIntakeEvent(bytes(text))).toEqual(decodeIntakeEvent(bytes(event)));
    expect(({} as { evil?: boolean }).evil).toBeUndefined();
  });
});

describe('a webhook call', () => {
  const call = (target: object) =>
    bytes(JSON.stringify({ events: [{ id: '1', timestamp: '2026-01-02T03:04:05Z', action: 'push', target }] }));
  const target = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, repository: 'shop/web' };

  it.each([
    ['a repository with a path out of it', { ...target, repository: '../prod/web' }],
    ['a repository with an empty segment', { ...target, repository: 'shop//web' }],
    ['a repository with a dot segment', { ...target, repository: 'shop/./web' }],
    ['a repository in capitals', { ...target, repository: 'Shop/Web' }],
    ['a repository of look-alikes', { ...target, repository: 'shор/web' }],
    ['a repository with a question mark', { ...target, repository: 'shop/web?x=1' }],
    ['a digest of another algorithm', { ...target, digest: `sha512:${'a'.repeat(128)}` }],
  ])('about %s is a dead letter, with the place', (_, changed) => {
    expect(distribution.decode(call(changed), 'registry.test')).toMatchObject({
      events: [],
      unread: [
        { problem: { code: 'EVENT_FIELD_INVALID', place: expect.stringMatching(/^\$\.events\[0\]\.target\./) } },
      ],
    });
  });

  it('sent again is the same event, by its id', () => {
    const once = distribution.decode(call(target), 'registry.test').events;
    expect(distribution.decode(call(target), 'registry.test').events).toEqual(once);
  });

  it('of two registries with one id is two events', () => {
    const ids = ['a.test', 'b.test'].map((registry) => distribution.decode(call(target), registry).events[0]?.id);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('a policy', () => {
  const parse = (text: string) => parsePolicy(text, 'policy.yaml', hashes);

  it.each([
    ['a key twice', `${policy}version: 2\n`, 'POLICY_SYNTAX'],
    ['a second document', `${policy}---\n${policy}`, 'POLICY_SYNTAX'],
    ['__proto__', `${policy}__proto__: { mode: audit }\n`, 'POLICY_SCHEMA'],
    ['a version beyond all numbers', policy.replace('version: 1', 'version: 1e999'), 'POLICY_SCHEMA'],
    ['a version that is not exact', policy.replace('version: 1', 'version: 9007199254740993'), 'POLICY_SCHEMA'],
    ['ten thousand brackets', `${policy}owners: ${nested(10_000)}\n`, 'POLICY_SYNTAX'],
    ['a billion laughs', `a: &a [x, x]\nb: &b [*a, *a]\n${'c: [*b, *b]\n'.repeat(2)}${policy}`, 'POLICY_SYNTAX'],
    ['a tag that makes an object', policy.replace('version: 1', 'version: !!js/function "x"'), 'POLICY_SCHEMA'],
    ['an environment’s name of look-alikes', policy.replace('name: dev', 'name: dеv'), 'POLICY_SCHEMA'],
    ['a repository that climbs', policy.replace("'dev/{repository}'", "'../{repository}'"), 'POLICY_REFERENCE'],
  ])('with %s is refused', (_, text, code) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a manifest', () => {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
  const image = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: [],
  });
  const parse = (text: string) => parseManifest(bytes(text), undefined, digest, 'shop/web');

  it.each([
    ['both an image and an index', image.replace('"layers"', '"manifests":[],"layers"')],
    ['a size below nothing', image.replace('"size":2', '"size":-1')],
    ['a size beyond all numbers', image.replace('"size":2', '"size":1e999')],
    ['a size that is not whole', image.replace('"size":2', '"size":1.5')],
    ['a digest in capitals', image.replaceAll('a'.repeat(64), 'A'.repeat(64))],
    ['a key twice', image.replace('"config"', '"config":{},"config"')],
    ['a media type that its content is not', image.replace('image.manifest', 'image.index')],
  ])('with %s is refused', (_, text) => {
    expect(text).not.toBe(image);
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'REGISTRY_BAD_MANIFEST' }));
  });
});

describe('a bundle', () => {
  it.each([
    ['no object', '[]', 'BUNDLE_MALFORMED'],
    [
      '__proto__ beside nothing else',
      '{"__proto__":{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}}',
      'BUNDLE_MALFORMED',
    ],
    ['ten thousand brackets', nested(10_000), 'BUNDLE_AMBIGUOUS'],
    [
      'a key twice',
      '{"mediaType":"x","mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
      'BUNDLE_AMBIGUOUS',
    ],
  ])('that is %s is refused', async (_, text, code) => {
    expect(await openBundle(bytes(text))).toMatchObject({ outcome: 'rejected', code });
  });
});

describe('a name', () => {
  it.each(['1.О', '１.0', 'v1​', '.hidden', '-x', 'a/b', '', 'x'.repeat(129), 'a\n'])('%j is no tag', (tag) => {
    expect(isTagName(tag)).toBe(false);
  });

  it.each([
    '../prod',
    'shop/../prod',
    'shop//web',
    '/shop',
    'shop/',
    'Shop',
    'shор',
    'shop%2fweb',
    'a'.repeat(256),
    'shop\n',
  ])('%j is no repository', (repository) => {
    expect(isRepositoryName(repository)).toBe(false);
  });

  it.each([
    `sha256:${'A'.repeat(64)}`,
    `SHA256:${'a'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'a'.repeat(64)}\n`,
  ])('%j is no digest', (text) => {
    expect(isDigest(text)).toBe(false);
  });

  it('with a tag and a digest is the digest: the tag is not asked', () => {
    expect(parseReference(`registry.test/shop:latest@${digest}`)).toMatchObject({ digest, tag: 'latest' });
    expect(() => parseReference(`registry.test/shop@${digest}@${digest}`)).toThrow(TypeError);
  });
});
