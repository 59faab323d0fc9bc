/** Bytes of a Kafka record, or of a `POST /events` body, to one member of the closed union. */
import { z } from 'zod';
import { digestSchema } from '../artifact/digest.ts';
import { isTagName } from '../artifact/reference.ts';
import { parseArtifactPurl } from './artifact-purl.ts';
import { cloudEventSchema, contextSchema } from './cdevents.ts';
import { EventError } from './event-error.ts';
import type { IntakeEvent } from './intake-event.ts';
import { checkShape, parseJson } from './read-json.ts';

const tag = z.string().refine(isTagName, 'not a tag name');
const published = z.object({
  context: contextSchema,
  subject: z.object({ id: z.string(), content: z.object({ user: z.string().max(256).optional() }) }),
  customData: z.object({ mediaType: z.string().max(255), tag: tag.optional() }),
});
const deleted = z.object({ context: contextSchema, subject: z.object({ id: z.string() }) });
/** The data of a finished build's event: all of it that is read. */
export const finishedBuildSchema = z.object({
  context: contextSchema,
  subject: z.object({ content: z.object({ artifactId: z.string() }) }),
  customData: z.object({
    commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a full commit id, 40 or 64 hex digits'),
    sourceRepository: z.string().min(1).max(512),
    builder: z.object({ id: z.string().min(1).max(512), host: z.string().min(1).max(256).optional() }),
    toolchain: z
      .record(z.string().max(128), z.string().max(512))
      .refine((tools) => Object.keys(tools).length <= 64, 'at most 64 tools')
      .default({}),
    provenance: digestSchema.optional(),
    tag: tag.optional(),
  }),
});

/** What `POST /events` takes. */
export const buildEventSchema = cloudEventSchema.extend({
  type: z.string().regex(/^dev\.cdevents\.build\.finished\.0\.\d{1,3}\.\d{1,3}$/),
  data: finishedBuildSchema,
});

type Envelope = z.infer<typeof cloudEventSchema>;

// Minor versions of a CDEvents type only add fields; the part after the name is its version.
const TYPE = /^dev\.cdevents\.(artifact\.published|artifact\.deleted|build\.finished)\.0\.\d{1,3}\.\d{1,3}$/;

/** Throws EventError with the place of the first problem. Fields it does not know are ignored. */
export function decodeIntakeEvent(bytes: Uint8Array): IntakeEvent {
  return decodeCloudEvent(parseJson(bytes));
}

/**
 * The same for a CloudEvent that is already an object, as the HTTP binding's binary mode gives it.
 * `registry`, where given, is the only registry the event may name.
 */
export function decodeCloudEvent(value: unknown, registry?: string): IntakeEvent {
  const envelope = checkShape(cloudEventSchema, value);
  const kind = TYPE.exec(envelope.type)?.[1];
  if (kind === 'artifact.published') return decodePublished(envelope, registry);
  if (kind === 'artifact.deleted') return decodeDeleted(envelope, registry);
  if (kind === 'build.finished') return decodeFinished(envelope, registry);
  throw new EventError(
    'EVENT_TYPE_UNKNOWN',
    '$.type',
    'expected dev.cdevents.artifact.published, dev.cdevents.artifact.deleted or dev.cdevents.build.finished, version 0.x',
  );
}

function decodePublished(envelope: Envelope, registry: string | undefined): IntakeEvent {
  const data = checkShape(published, envelope.data, '$.data');
  const { repository, digest, tag: purlTag } = artifactOf(data.subject.id, '$.data.subject.id', registry);
  const named = data.customData.tag ?? purlTag;
  const actor = data.subject.content.user;
  return {
    kind: 'artifact-pushed',
    ...originOf(envelope, data.context),
    repository,
    digest,
    mediaType: data.customData.mediaType,
    ...(named === undefined ? {} : { tag: named }),
    ...(actor === undefined ? {} : { actor }),
  };
}

function decodeDeleted(envelope: Envelope, registry: string | undefined): IntakeEvent {
  const data = checkShape(deleted, envelope.data, '$.data');
  const { repository, digest } = artifactOf(data.subject.id, '$.data.subject.id', registry);
  return { kind: 'artifact-deleted', ...originOf(envelope, data.context), repository, digest };
}

function decodeFinished(envelope: Envelope, registry: string | undefined): IntakeEvent {
  const data = checkShape(finishedBuildSchema, envelope.data, '$.data');
  const place = '$.data.subject.content.artifactId';
  const { repository, digest, tag: purlTag } = artifactOf(data.subject.content.artifactId, place, registry);
  const { commit, sourceRepository, builder, toolchain, provenance } = data.customData;
  const named = data.customData.tag ?? purlTag;
  return {
    kind: 'build-finished',
    ...originOf(envelope, data.context),
    repository,
    digest,
    ...(named === undefined ? {} : { tag: named }),
    commit,
    sourceRepository,
    builder: { id: builder.id, ...(builder.host === undefined ? {} : { host: builder.host }) },
    toolchain,
    ...(provenance === undefined ? {} : { provenance }),
  };
}

function artifactOf(purl: string, place: string, registry: string | undefined) {
  const name = parseArtifactPurl(purl, place);
  if (registry !== undefined && name.registry !== undefined && name.registry !== registry)
    throw new EventError('EVENT_REGISTRY_UNKNOWN', place, `repository_url names a registry other than ${registry}`);
  return name;
}

function originOf(envelope: Envelope, context: z.infer<typeof contextSchema>) {
  const occurredAt = envelope.time ?? context.timestamp;
  if (occurredAt === undefined) throw new EventError('EVENT_FIELD_INVALID', '$.time', 'the time is missing');
  return { id: envelope.id, source: envelope.source, occurredAt };
}
