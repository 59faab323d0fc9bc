/** What JSON can say and jsonb can not hold: NUL, and half of a surrogate pair. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Whether Postgres takes this JSON text as jsonb. */
export const isStorable = (json: string): boolean => !UNSTORABLE.test(json);
