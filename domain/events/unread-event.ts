/** An event of a registry's call that is not of its form: it goes with the others, and ends among the dead letters. */
import { type EventError, PermanentEventError } from './event-error.ts';

export interface UnreadEvent {
  /** As it came, at most `MAX_UNREAD_BYTES` of it. */
  readonly bytes: Uint8Array;
  readonly problem: EventError;
}

/** What is kept of one, for people: no event of a registry has a tenth of it. */
export const MAX_UNREAD_BYTES = 64 * 1024;

const CODE = 'unread-code';
const REASON = 'unread-reason';

/** Headers of its record. */
export function unreadHeaders({ problem }: UnreadEvent): Readonly<Record<string, string>> {
  return { [CODE]: problem.code, [REASON]: problem.message };
}

/** Throws the PermanentEventError that was met at the door, where a record is of an unread event. */
export function refuseUnread(headers: Readonly<Record<string, string>>): void {
  const code = headers[CODE];
  if (code !== undefined) throw new PermanentEventError(code, headers[REASON] ?? '');
}
