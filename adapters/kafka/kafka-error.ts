/** Kafka did not confirm in time, or is away: nothing is known to be stored; the same record can be sent again. */
export class KafkaUnavailable extends Error {
  override readonly name = 'KafkaUnavailable';
  readonly code = 'KAFKA_UNAVAILABLE';
}

/** A record Kafka would refuse every time. */
export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge';
  readonly code = 'RECORD_TOO_LARGE';
}
