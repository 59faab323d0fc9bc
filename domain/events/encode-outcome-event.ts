import { CDEVENTS_VERSION, type CloudEventJson, toCloudEvent } from './cdevents.ts';

/** One row of the outbox: something Pratique decided or did. */
export interface OutcomeEvent {
  /** What it is about: `<repository>@<digest>` for everything about an artifact. */
  readonly subject: string;
  /** 1, 2, 3 … within the subject, without gaps: what consumers order and deduplicate by. */
  readonly sequence: number;
  /** `<subject>.<predicate>`, lower-case words joined by hyphens: `artifact.judged`, `artifact.tag-moved`. */
  readonly type: string;
  readonly actor: string;
  readonly data: object;
  /** RFC 3339 */
  readonly createdAt: string;
}

const TYPE = /^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/;

/**
 * A custom CDEvent (cdevents/spec, custom/README.md and custom/schema.json): `dev.cdeventsx.pratique-<subject>.<predicate>.0.1.0`,
 * where `tag-moved` becomes `tagMoved`.
 * The id is the subject and its sequence, so a relay that sends twice sends the same event.
 * Throws a TypeError where the type is not of that form: a defect of the writer, found by its first test.
 */
export function encodeOutcomeEvent(event: OutcomeEvent): CloudEventJson {
  if (!TYPE.test(event.type))
    throw new TypeError(`outcome type "${event.type}": expected <subject>.<predicate>, words joined by hyphens`);
  // The schema's pattern has letters only on both sides of the dot.
  const name = event.type.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return toCloudEvent({
    context: {
      specversion: CDEVENTS_VERSION,
      id: `${event.subject}#${event.sequence}`,
      source: '/pratique',
      type: `dev.cdeventsx.pratique-${name}.0.1.0`,
      timestamp: event.createdAt,
    },
    subject: { id: event.subject, source: '/pratique', content: event.data },
    customData: { actor: event.actor, sequence: event.sequence },
  });
}
