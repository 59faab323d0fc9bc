import { isAscii } from 'node:buffer';
import { readStatement } from '../../domain/trust/plain-statement.ts';
import type { Statement } from '../../domain/trust/statement.ts';
import { readWrittenStatement } from '../../domain/trust/written-statement.ts';
import { type Rejection, readJson, reject } from './open-bundle.ts';

/** Characters of the longest statement that is tried as one in canonical JSON: what is longer may be nested deep. */
const MAX_WRITTEN = 2000;

/** The in-toto statement in a signed payload; or why it counts for nothing. */
export function readSignedStatement(payload: Uint8Array): Statement | Rejection {
  if (payload.length <= MAX_WRITTEN && isAscii(payload)) {
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
    const written = readWrittenStatement(text);
    if (written !== undefined) return written;
  }
  const json = readJson(payload);
  if (json?.ambiguity !== undefined)
    return reject('STATEMENT_MALFORMED', `two readers may not read the same from the statement: ${json.ambiguity}`);
  return readStatement(json?.value) ?? reject('STATEMENT_MALFORMED', 'the signed payload is not an in-toto statement');
}
