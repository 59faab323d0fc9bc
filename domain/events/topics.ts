/**
 * The Kafka topics. `events` and `events.urgent` are the intake, `outcomes` what the outbox relays,
 * `dead-letters` what no consumer could decode. Partitions and retention belong to whoever runs the broker
 * (infra/dev/kafka-topics.ts, infra/compose).
 */
export const topics = {
  events: 'pratique.events',
  urgent: 'pratique.events.urgent',
  outcomes: 'pratique.outcomes',
  deadLetters: 'pratique.dead-letters',
} as const;
