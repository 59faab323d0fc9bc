/** Why an event can never be handled, however often it is tried: it belongs in the dead-letter topic. */
export class PermanentEventError extends Error {
  override readonly name: string = 'PermanentEventError';
  /** Stable, upper case: kept with the dead letter. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type EventErrorCode =
  | 'EVENT_TOO_LARGE'
  | 'EVENT_NOT_JSON'
  | 'EVENT_FIELD_INVALID'
  | 'EVENT_TYPE_UNKNOWN'
  | 'EVENT_ARTIFACT_INVALID'
  | 'EVENT_REGISTRY_UNKNOWN';

/** An event that does not say what its format promises. The message names the place, never the content. */
export class EventError extends PermanentEventError {
  override readonly name = 'EventError';
  declare readonly code: EventErrorCode;
  /** JSONPath-like: `$.data.subject.id`. */
  readonly place: string;
  constructor(code: EventErrorCode, place: string, problem: string, options?: ErrorOptions) {
    super(code, `${place}: ${problem}`, options);
    this.place = place;
  }
}
