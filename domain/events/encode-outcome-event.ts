import { CDEVENTS_VERSION, type CloudEventJson, toCloudEvent } from './cdevents.ts';

/** One row of the outbox: something Pratique decided or did. */
export interface OutcomeEvent {
  /** What it is about: `<repository>@<digest>` for everything about an artifact. */
  readonly subject: string;
  /** 1, 2, 3 … within the subject, without gaps: what consumers order and deduplicate by. */
  readonly sequence: number;
  /** `<subject>.<predicate>`, letters only: `artifact.judged`, `promotion.live`. */
  readonly type: string;
  readonly actor: string;
  readonly data: object;
  /** RFC 3339 */
  readonly createdAt: string;
}

const TYPE = /^[a-zA-Z]+\.[a-zA-Z]+$/;

/**
 * A custom CDEvent (cdevents/spec, custom/README.md and custom/schema.json): `dev.cdeventsx.pratique-<subject>.<predicate>.0.1.0`.
 * The id is the subject and its sequence, so a relay that sends twice sends the same event.
 * Throws a TypeError where the type is not of that form: a defect of the writer, found by its first test.
 */
export function encodeOutcomeEvent(event: OutcomeEvent): CloudEventJson {
  if (!TYPE.test(event.type))
    throw new TypeError(`outcome type "${event.type}": expected <subject>.<predicate>, letters`);
  return toCloudEvent({
    context: {
      specversion: CDEVENTS_VERSION,
      id: `${event.subject}#${event.sequence}`,
      source: '/pratique',
      type: `dev.cdeventsx.pratique-${event.type}.0.1.0`,
      timestamp: event.createdAt,
    },
    subject: { id: event.subject, source: '/pratique', content: event.data },
    customData: { actor: event.actor, sequence: event.sequence },
  });
}
