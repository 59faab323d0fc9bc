// C0 and C1 controls, and the marks that turn the direction of text around.
const UNSAFE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * An answer with every control character in its texts replaced: what outsiders put into a tag, a reason or a claim must
 * neither move the cursor of who looks at it nor add lines of its own.
 */
export function cleanText<T>(value: T): T {
  return clean(value) as T;
}

/** A text of several lines, whose line breaks and tabs stay. */
export function cleanLines(text: string): string {
  return text.replace(UNSAFE, (found) => (found === '\n' || found === '\t' ? found : '\ufffd'));
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UNSAFE, (found) => (/\s/.test(found) ? ' ' : '\ufffd'));
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, clean(item)]));
}
