/** Failures that come back however often an event is tried: they must not hold up those behind it. */
import { PermanentEventError } from '../../domain/events/event-error.ts';

/** SQLSTATE class 22: Postgres can not store such a value (a NUL character, a year it does not know). */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;
/** gRPC's INVALID_ARGUMENT: Temporal refuses the id or the input. */
const INVALID_ARGUMENT = 3;

/** Throws what it is given, as a PermanentEventError where trying again is useless; its message has nothing of the event. */
export function failPermanently(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && DATA_EXCEPTION.test(code))
    throw new PermanentEventError(
      'EVENT_NOT_STORABLE',
      `$: the database can not store a value of this event (SQLSTATE ${code})`,
      { cause: error },
    );
  // The client's ServiceError carries the gRPC error as its cause.
  const { cause } = error;
  const status = code ?? (cause instanceof Error ? (cause as { code?: unknown }).code : undefined);
  if (status === INVALID_ARGUMENT)
    throw new PermanentEventError('EVENT_NOT_STARTABLE', '$: Temporal refuses to start a workflow for this event', {
      cause: error,
    });
  throw error;
}
