const MAXIMUM_LINES = 50;
const MAXIMUM_CHARACTERS = 400;

/**
 * Text from an artifact, made safe to print: control characters (terminal escapes, line breaks, bidirectional overrides)
 * become `?`, and no more than 400 characters are kept.
 */
export function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '?');
  return clean.length > MAXIMUM_CHARACTERS ? `${clean.slice(0, MAXIMUM_CHARACTERS - 1)}…` : clean;
}

/** The details of a gate: each line once and printable, at most 50, the last of them `and N more` where some are left out. */
export function detailLines(lines: readonly string[]): string[] {
  const distinct = [...new Set(lines.map(printable))];
  if (distinct.length <= MAXIMUM_LINES) return distinct;
  const kept = distinct.slice(0, MAXIMUM_LINES - 1);
  return [...kept, `and ${distinct.length - kept.length} more`];
}
