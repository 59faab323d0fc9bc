import { subjectOf } from '../../domain/artifact/subject.ts';
import { encodeIntakeEvent } from '../../domain/events/encode-intake-event.ts';
import type { IntakeEvent } from '../../domain/events/intake-event.ts';
import { topics } from '../../domain/events/topics.ts';
import { type UnreadEvent, unreadHeaders } from '../../domain/events/unread-event.ts';
import type { GatewayDependencies } from './gateway-server.ts';

/**
 * Resolves when every event is in Kafka. Throws KafkaUnavailable where one is not: the caller sends all of them again,
 * and those that had arrived are recognised by their ids.
 */
export async function publishEvents(
  { producer, registry }: Pick<GatewayDependencies, 'producer' | 'registry'>,
  events: readonly IntakeEvent[],
): Promise<void> {
  await Promise.all(
    events.map((event) =>
      producer.publish({
        topic: topics.events,
        // One subject, one partition: what happens to an artifact is decided in order.
        key: subjectOf(event),
        value: JSON.stringify(encodeIntakeEvent(event, registry)),
        headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
      }),
    ),
  );
}

/** The same for events that could not be read: the dispatcher puts them among the dead letters, where people find them. */
export async function publishUnread(
  { producer, registry }: Pick<GatewayDependencies, 'producer' | 'registry'>,
  events: readonly UnreadEvent[],
): Promise<void> {
  await Promise.all(
    events.map((event) =>
      producer.publish({
        topic: topics.events,
        key: `/registries/${registry}`,
        value: event.bytes,
        headers: unreadHeaders(event),
      }),
    ),
  );
}
