/** Bytes to a checked value, with the place of the first problem. */
import type { z } from 'zod';
import { jsonAmbiguity } from '../json/ambiguity.ts';
import { EventError } from './event-error.ts';

/** Bytes one event, or one webhook call, may have: what the gateway takes and what Kafka's default allows. */
const MAX_EVENT_BYTES = 1024 * 1024;
/** No event that is read nests a tenth of it. */
const MAX_DEPTH = 100;

/** Parses UTF-8 JSON. Throws EventError: too large, or not JSON (with the position, not the text). */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength > MAX_EVENT_BYTES)
    throw new EventError('EVENT_TOO_LARGE', '$', `${bytes.byteLength} bytes; at most ${MAX_EVENT_BYTES} are read`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new EventError('EVENT_NOT_JSON', '$', 'not UTF-8 text');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new EventError('EVENT_NOT_JSON', '$', `not JSON${positionIn(error)}`);
  }
  const ambiguity = jsonAmbiguity(text, MAX_DEPTH);
  if (ambiguity !== undefined) throw new EventError('EVENT_NOT_JSON', '$', ambiguity);
  return value;
}

/** Checks a value against a schema. Throws EventError naming the first place that does not fit. */
export function checkShape<T>(schema: z.ZodType<T>, value: unknown, root = '$'): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = (issue?.path ?? []).reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key).slice(0, 100)}`),
    root,
  );
  throw new EventError('EVENT_FIELD_INVALID', place, issue?.message ?? 'not what the format says');
}

// V8's messages quote the text around the error; only the position is ours to repeat.
function positionIn(error: unknown): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? '' : ` (at position ${position})`;
}
