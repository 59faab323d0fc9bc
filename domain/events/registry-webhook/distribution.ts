/**
 * Notifications of the CNCF distribution registry, 2.x and 3.x
 * (distribution: docs/about/notifications.md; notifications/event.go).
 */
import { z } from 'zod';
import { isManifestType } from '../../artifact/descriptor.ts';
import { digestSchema } from '../../artifact/digest.ts';
import { isRepositoryName, isTagName } from '../../artifact/reference.ts';
import { EventError } from '../event-error.ts';
import type { IntakeEvent } from '../intake-event.ts';
import { checkShape, parseJson } from '../read-json.ts';
import { MAX_UNREAD_BYTES, type UnreadEvent } from '../unread-event.ts';
import type { WebhookContent, WebhookKind } from './webhook-kind.ts';

const EVENTS_PER_CALL = 10_000;

const envelopeSchema = z.object({ events: z.array(z.unknown()).max(EVENTS_PER_CALL) });
// What decides whether an event is for us, before anything else of it is required to be there.
const headSchema = z.object({
  action: z.string().max(64),
  target: z.object({ mediaType: z.string().max(255).optional(), digest: z.string().max(512).optional() }),
});
const eventSchema = z.object({
  id: z.string().min(1).max(256),
  timestamp: z.iso.datetime({ offset: true }),
  target: z.object({
    digest: digestSchema,
    repository: z.string().refine(isRepositoryName, 'not a repository name'),
    // The registry writes an empty string where there is none.
    tag: z
      .string()
      .refine((text) => text === '' || isTagName(text), 'not a tag name')
      .optional(),
  }),
  actor: z.object({ name: z.string().max(256).optional() }).optional(),
});

export const distribution: WebhookKind = {
  kind: 'distribution',
  contentTypes: [
    'application/vnd.docker.distribution.events.v2+json',
    'application/vnd.docker.distribution.events.v1+json',
  ],
  body: z.object({ events: z.array(eventSchema.extend({ action: headSchema.shape.action })) }),
  decode: decodeDistribution,
};

function decodeDistribution(bytes: Uint8Array, registry: string): WebhookContent {
  const envelope = checkShape(envelopeSchema, parseJson(bytes));
  const events: IntakeEvent[] = [];
  const skipped: Record<string, number> = {};
  const unread: UnreadEvent[] = [];
  for (const [index, raw] of envelope.events.entries()) {
    const read = readEvent(raw, registry, `$.events[${index}]`);
    if ('kind' in read) events.push(read);
    else if ('problem' in read) unread.push(read);
    else skipped[read.reason] = (skipped[read.reason] ?? 0) + 1;
  }
  return { events, skipped, unread };
}

function readEvent(
  raw: unknown,
  registry: string,
  place: string,
): IntakeEvent | { readonly reason: string } | UnreadEvent {
  try {
    const head = checkShape(headSchema, raw, place);
    const reason = reasonToSkip(head);
    return reason === undefined ? eventOf(raw, head, registry, place) : { reason };
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
    const bytes = new TextEncoder().encode(JSON.stringify(raw)).subarray(0, MAX_UNREAD_BYTES);
    return { bytes, problem: error };
  }
}

function reasonToSkip({ action, target }: z.infer<typeof headSchema>): string | undefined {
  if (action === 'pull' || action === 'mount') return action;
  if (action === 'push') return isManifestType(target.mediaType ?? '') ? undefined : 'blob';
  // A deletion carries digest and repository only, for a manifest and a blob alike; without a digest it is a tag's.
  if (action !== 'delete') return 'other';
  if (target.digest === undefined || target.digest === '') return 'tag-delete';
  // Blobs may be kept by another algorithm; manifests that we know are not.
  return target.digest.startsWith('sha256:') ? undefined : 'other-algorithm';
}

function eventOf(raw: unknown, head: z.infer<typeof headSchema>, registry: string, place: string): IntakeEvent {
  const { id, timestamp, target, actor } = checkShape(eventSchema, raw, place);
  const base = {
    // The registry keeps an event's id when it sends it again; the name keeps two registries' ids apart.
    id: `distribution:${registry}:${id}`,
    source: `/registries/${registry}`,
    occurredAt: timestamp,
    repository: target.repository,
    digest: target.digest,
  };
  if (head.action === 'delete') return { kind: 'artifact-deleted', ...base };
  return {
    kind: 'artifact-pushed',
    ...base,
    mediaType: head.target.mediaType ?? '',
    ...(target.tag ? { tag: target.tag } : {}),
    ...(actor?.name ? { actor: actor.name } : {}),
  };
}
