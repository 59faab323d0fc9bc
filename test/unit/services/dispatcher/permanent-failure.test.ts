import { describe, expect, it } from 'vitest';
import { PermanentEventError } from '../../../../domain/events/event-error.ts';
import { failPermanently } from '../../../../services/dispatcher/permanent-failure.ts';

const failure = (code: unknown, cause?: unknown) =>
  Object.assign(new Error('secret of the event', { cause }), { code });
const thrown = (error: unknown): unknown => {
  try {
    failPermanently(error);
  } catch (caught) {
    return caught;
  }
};

describe('failPermanently', () => {
  it.each([
    ['a NUL character in a text column', failure('22021'), 'EVENT_NOT_STORABLE'],
    ['a NUL character in JSON', failure('22P05'), 'EVENT_NOT_STORABLE'],
    ['a year that Postgres has not', failure('22008'), 'EVENT_NOT_STORABLE'],
    ['what Temporal refuses, as gRPC says it', failure(3), 'EVENT_NOT_STARTABLE'],
    ["what Temporal refuses, as its client's error", failure(undefined, failure(3)), 'EVENT_NOT_STARTABLE'],
  ])('%s goes to the dead letters, and none of it into the message', (_, error, code) => {
    const permanent = thrown(error);
    expect(permanent).toBeInstanceOf(PermanentEventError);
    expect(permanent).toMatchObject({ code, message: expect.not.stringContaining('secret') });
  });

  it.each([
    ['a lost connection', failure('ECONNREFUSED')],
    ['a serialization failure', failure('40001')],
    ['Temporal away (UNAVAILABLE)', failure(14)],
    ['a permanent failure already', new PermanentEventError('EVENT_NOT_JSON', '$')],
    ['no error at all', 'text'],
  ])('%s is thrown as it is', (_, error) => {
    expect(thrown(error)).toBe(error);
  });
});
