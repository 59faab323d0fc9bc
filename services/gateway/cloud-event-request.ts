/** CloudEvents over HTTP: structured and binary content mode (cloudevents/spec, bindings/http-protocol-binding.md). */
import type { IncomingHttpHeaders } from 'node:http';
import { EventError } from '../../domain/events/event-error.ts';
import { parseJson } from '../../domain/events/read-json.ts';
import { ApiError } from './api-error.ts';

const EXPECTED = 'expected application/cloudevents+json, or application/json with ce- headers';

/** The event as an object, its attributes unchecked. Throws ApiError (415) or EventError. */
export function readCloudEvent(headers: IncomingHttpHeaders, body: Uint8Array): unknown {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/cloudevents+json') return parseJson(body);
  if (type === 'application/cloudevents-batch+json')
    throw new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', 'batches are not taken: one event a call', {
      place: 'content-type',
    });
  if (headers['ce-specversion'] === undefined || !/^application\/(?:[\w.-]+\+)?json$/.test(type))
    throw new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', EXPECTED, { place: 'content-type' });
  const event: Record<string, unknown> = { datacontenttype: type, data: parseJson(body) };
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('ce-') && typeof value === 'string')
      event[name.slice('ce-'.length)] = decodeHeader(name, value);
  return event;
}

// Section 3.1.3.2: a double-quoted value is unquoted, then percent-decoded as UTF-8.
function decodeHeader(name: string, value: string): string {
  const unquoted = /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
  try {
    return decodeURIComponent(unquoted);
  } catch {
    throw new EventError('EVENT_FIELD_INVALID', name, 'not percent-encoded UTF-8');
  }
}
