/**
 * CDEvents as they travel: a CloudEvent 1.0 in structured JSON whose data is the CDEvent
 * (cdevents/spec: cloudevents-binding.md, conformance/*.json). Types and shapes are those of the release pinned here.
 */
import { z } from 'zod';

/** The specification release whose schemas our events satisfy. */
export const CDEVENTS_VERSION = '0.5.1';

export const cdeventTypes = {
  artifactPublished: 'dev.cdevents.artifact.published.0.3.0',
  artifactDeleted: 'dev.cdevents.artifact.deleted.0.2.0',
  buildFinished: 'dev.cdevents.build.finished.0.3.0',
} as const;

export interface CDEvent {
  readonly context: {
    readonly specversion: string;
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly timestamp: string;
  };
  readonly subject: { readonly id: string; readonly source?: string; readonly content: object };
  readonly customData?: object;
}

/** CloudEvents 1.0 attributes (spec.md, "Required" and "Optional Attributes") around a CDEvent. */
export interface CloudEventJson {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: CDEvent;
}

/** Wraps a CDEvent: id, source, type, subject and time are the CDEvent's own. */
export function toCloudEvent(cdevent: CDEvent): CloudEventJson {
  return {
    specversion: '1.0',
    id: cdevent.context.id,
    source: cdevent.context.source,
    type: cdevent.context.type,
    subject: cdevent.subject.id,
    time: cdevent.context.timestamp,
    datacontenttype: 'application/json',
    data: cdevent,
  };
}

const uriReference = z.string().min(1).max(512);
const timestamp = z.iso.datetime({ offset: true });

/** Of an event's `id`, in characters. */
export const MAX_ID_LENGTH = 512;

/** Attributes every CloudEvent has. `data` is checked by the type it names. */
export const cloudEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(MAX_ID_LENGTH),
  source: uriReference,
  type: z.string().min(1).max(255),
  time: timestamp.optional(),
  datacontenttype: z
    .string()
    .regex(/^application\/(?:[\w.-]+\+)?json(?:\s*;.*)?$/, 'expected JSON data')
    .optional(),
  data: z.record(z.string(), z.unknown()),
});

/** The part of a CDEvent's context that is read; the CloudEvent's attributes say the rest. */
export const contextSchema = z.object({ timestamp: timestamp.optional() });
