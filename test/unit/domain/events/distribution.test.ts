import { describe, expect, test } from 'vitest';
import { distribution } from '../../../../domain/events/registry-webhook/distribution.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const manifest = 'application/vnd.oci.image.manifest.v1+json';
const target = { mediaType: manifest, digest, size: 708, length: 708, repository: 'team/app', url: 'u', tag: '' };
const event = (action: string, change: object = {}) => ({
  id: 'asdf-asdf-asdf-asdf-0',
  timestamp: '2006-01-02T15:04:05.123456789Z',
  action,
  target: { ...target, ...change },
  request: { id: 'r', addr: 'client.local', host: 'registrycluster.local', method: 'PUT', useragent: 'test/0.1' },
  actor: { name: 'test-actor' },
  source: { addr: 'hostname.local:port', instanceID: 'i' },
});
const decode = (...events: unknown[]) =>
  distribution.decode(new TextEncoder().encode(JSON.stringify({ events })), 'main');

describe('notifications of the distribution registry', () => {
  test.each([
    ['application/vnd.oci.image.manifest.v1+json'],
    ['application/vnd.oci.image.index.v1+json'],
    ['application/vnd.docker.distribution.manifest.v2+json'],
    ['application/vnd.docker.distribution.manifest.list.v2+json'],
  ])('a push of %s is taken', (mediaType) => {
    expect(decode(event('push', { mediaType, tag: '1.0' }))).toEqual({
      skipped: {},
      unread: [],
      events: [
        {
          kind: 'artifact-pushed',
          id: 'distribution:main:asdf-asdf-asdf-asdf-0',
          source: '/registries/main',
          occurredAt: '2006-01-02T15:04:05.123456789Z',
          repository: 'team/app',
          digest,
          mediaType,
          tag: '1.0',
          actor: 'test-actor',
        },
      ],
    });
  });

  test.each([
    ['a pull', event('pull'), 'pull'],
    ['a mount', event('mount', { mediaType: 'application/octet-stream', fromRepository: 'base' }), 'mount'],
    ['a layer', event('push', { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }), 'blob'],
    ['a blob without a type', event('push', { mediaType: undefined }), 'blob'],
    ['a deleted tag', event('delete', { digest: undefined, tag: '1.0' }), 'tag-delete'],
    ['an action that is new', event('sign'), 'other'],
    // A blob that was pushed under such a digest can be deleted under it.
    ['a deletion by another algorithm', event('delete', { digest: `sha512:${'ab'.repeat(64)}` }), 'other-algorithm'],
  ])('%s is skipped and counted', (_, notification, reason) => {
    expect(decode(notification, notification)).toEqual({ events: [], skipped: { [reason]: 2 }, unread: [] });
  });

  // A deletion carries digest and repository only (notifications/bridge.go, ManifestDeleted).
  test('a deletion needs no media type', () => {
    const { events } = decode(event('delete', { mediaType: undefined, tag: undefined }));
    expect(events).toEqual([expect.objectContaining({ kind: 'artifact-deleted', repository: 'team/app', digest })]);
    expect(events[0]).not.toHaveProperty('actor');
  });

  test('the same notification twice gives the same event; two registries give two', () => {
    const once = decode(event('push')).events;
    expect(decode(event('push')).events).toEqual(once);
    const bytes = new TextEncoder().encode(JSON.stringify({ events: [event('push')] }));
    expect(distribution.decode(bytes, 'other').events[0]?.id).not.toBe(once[0]?.id);
  });

  test.each([
    ['a digest', { digest: 'sha256:1' }, '$.events[1].target.digest'],
    ['a repository', { repository: '../x' }, '$.events[1].target.repository'],
    ['a tag', { tag: 'a b' }, '$.events[1].target.tag'],
    ['a pushed digest', { digest: `sha512:${'ab'.repeat(64)}` }, '$.events[1].target.digest'],
  ])('%s that is none is left unread, with its place, and keeps back no other', (_, change, place) => {
    const { events, unread } = decode(event('pull'), event('push', change), event('push'));
    expect(events).toHaveLength(1);
    expect(unread).toMatchObject([{ problem: { code: 'EVENT_FIELD_INVALID', place } }]);
    expect(JSON.parse(new TextDecoder().decode(unread[0]?.bytes))).toMatchObject({ target: change });
  });

  test('of what is no event at all only a part is kept', () => {
    const { unread } = decode('x'.repeat(100_000), null);
    expect(unread.map(({ bytes }) => bytes.length)).toEqual([64 * 1024, 4]);
  });

  test('more events than a call may have are refused', () => {
    expect(() => decode(...new Array<number>(10_001).fill(0))).toThrow(/\$\.events:/);
  });
});
