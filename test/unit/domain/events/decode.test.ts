import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { decodeIntakeEvent } from '../../../../domain/events/decode-intake-event.ts';
import { encodeIntakeEvent } from '../../../../domain/events/encode-intake-event.ts';
import { EventError } from '../../../../domain/events/event-error.ts';
import type { IntakeEvent } from '../../../../domain/events/intake-event.ts';

const digest = `sha256:${'ab'.repeat(32)}` as Digest;
const base = {
  id: 'distribution:registry:5d9b',
  source: '/registries/registry',
  occurredAt: '2026-01-02T03:04:05.678901234+01:00',
  repository: 'team/web/app_1.x',
  digest,
} as const;
const mediaType = 'application/vnd.oci.image.index.v1+json';
const build = {
  ...base,
  kind: 'build-finished',
  commit: 'c0'.repeat(20),
  sourceRepository: 'https://git.test/team/app',
  builder: { id: 'https://ci.test/builder' },
  toolchain: {},
} as const satisfies IntakeEvent;

const events: readonly (readonly [string, IntakeEvent])[] = [
  ['a push by digest', { ...base, kind: 'artifact-pushed', mediaType }],
  ['a push by tag, with its account', { ...base, kind: 'artifact-pushed', mediaType, tag: 'v1.0_x', actor: 'bob' }],
  ['a deletion', { ...base, kind: 'artifact-deleted' }],
  ['a build, as little as there can be', build],
  [
    'a build, with everything',
    {
      ...build,
      tag: '1.0',
      builder: { id: 'https://ci.test/builder', host: 'host-1' },
      toolchain: { node: '24.1.0', make: '4.4' },
      provenance: digest,
    },
  ],
];
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const wire = (event: IntakeEvent) => structuredClone(encodeIntakeEvent(event, 'registry.test:5000'));

/** Sets one place of an event on the wire: `['data', 'subject', 'id']`. */
function changed(event: IntakeEvent, path: readonly string[], value: unknown): Uint8Array {
  const whole = wire(event) as unknown as Record<string, unknown>;
  let at = whole;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1) as string] = value;
  return bytes(whole);
}

function failureOf(input: Uint8Array): { code: string; place: string; message: string } {
  try {
    decodeIntakeEvent(input);
  } catch (error) {
    if (error instanceof EventError) return { code: error.code, place: error.place, message: error.message };
    throw error;
  }
  throw new Error('it decoded');
}

describe('intake events', () => {
  test.each(events)('%s comes back as it was sent', (_, event) => {
    expect(decodeIntakeEvent(bytes(wire(event)))).toEqual(event);
  });

  test.each([
    ['nothing', new Uint8Array(), 'EVENT_NOT_JSON', '$'],
    ['text that is not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'EVENT_NOT_JSON', '$'],
    ['more than 1 MiB', new Uint8Array(1024 * 1024 + 1), 'EVENT_TOO_LARGE', '$'],
    ['a list', bytes([]), 'EVENT_FIELD_INVALID', '$'],
    ['another CloudEvents version', changed(build, ['specversion'], '0.3'), 'EVENT_FIELD_INVALID', '$.specversion'],
    ['XML data', changed(build, ['datacontenttype'], 'text/xml'), 'EVENT_FIELD_INVALID', '$.datacontenttype'],
    ['another type', changed(build, ['type'], 'dev.cdevents.build.started.0.3.0'), 'EVENT_TYPE_UNKNOWN', '$.type'],
    [
      'a later major version',
      changed(build, ['type'], 'dev.cdevents.build.finished.1.0.0'),
      'EVENT_TYPE_UNKNOWN',
      '$.type',
    ],
    ['a time that is none', changed(build, ['time'], 'yesterday'), 'EVENT_FIELD_INVALID', '$.time'],
    ['no subject', changed(build, ['data', 'subject'], undefined), 'EVENT_FIELD_INVALID', '$.data.subject'],
    [
      'an abbreviated commit',
      changed(build, ['data', 'customData', 'commit'], 'c0ffee'),
      'EVENT_FIELD_INVALID',
      '$.data.customData.commit',
    ],
    [
      'a toolchain that is a list of strings',
      changed(build, ['data', 'customData', 'toolchain', 'node'], ['24']),
      'EVENT_FIELD_INVALID',
      '$.data.customData.toolchain.node',
    ],
  ])('%s is refused with its place', (_, input, code, place) => {
    expect(failureOf(input)).toMatchObject({ code, place });
  });

  const place = '$.data.subject.content.artifactId';
  test.each([
    ['no purl', 'team/app'],
    ['a purl of another type', 'pkg:npm/app@1.0.0'],
    ['no digest', 'pkg:oci/app?repository_url=r.test/app'],
    ['a digest of another algorithm', `pkg:oci/app@sha512%3A${'a'.repeat(128)}?repository_url=r.test/app`],
    ['no repository', `pkg:oci/app@sha256%3A${'a'.repeat(64)}`],
    ['a repository that is none', `pkg:oci/app@sha256%3A${'a'.repeat(64)}?repository_url=r.test/../etc`],
    ['a repository with a tag', `pkg:oci/app@sha256%3A${'a'.repeat(64)}?repository_url=r.test/app:1`],
    ['a tag that is none', `pkg:oci/app@sha256%3A${'a'.repeat(64)}?repository_url=r.test/app&tag=a%20b`],
    ['one too long', `pkg:oci/${'a'.repeat(2000)}`],
  ])('an artifact named by %s is refused', (_, purl) => {
    const path = ['data', 'subject', 'content', 'artifactId'];
    expect(failureOf(changed(build, path, purl))).toMatchObject({ code: 'EVENT_ARTIFACT_INVALID', place });
  });

  test('what is wrong is named, what was sent is not repeated', () => {
    const secret = 'hunter2-hunter2';
    for (const path of [
      ['type'],
      ['time'],
      ['data', 'customData', 'commit'],
      ['data', 'subject', 'content', 'artifactId'],
    ])
      expect(failureOf(changed(build, path, secret)).message).not.toContain(secret);
    expect(failureOf(new TextEncoder().encode(`{"a": ${secret}`)).message).not.toContain('hunter2');
  });
});
