// By their codes: this reads every character of every document.
const [BRACE, CLOSING_BRACE, BRACKET, CLOSING_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const [COMMA, QUOTE, BACKSLASH] = [0x2c, 0x22, 0x5c];

/**
 * Why two readers may not read the same from a text that is valid JSON: a key twice in one object (RFC 8259, 4: what happens then
 * is up to each), or nesting that overflows some of them. Undefined where all read it alike.
 */
export function jsonAmbiguity(text: string, maximumDepth: number): string | undefined {
  /** Of each open object its keys; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === BRACE || character === BRACKET) {
      if (open.length === maximumDepth) return `nested more than ${maximumDepth} deep (at position ${at})`;
      expectsKey = character === BRACE;
      open.push(expectsKey ? new Set() : undefined);
    } else if (character === CLOSING_BRACE || character === CLOSING_BRACKET) {
      open.pop();
      expectsKey = false;
    } else if (character === COMMA) expectsKey = open.at(-1) !== undefined;
    else if (character === QUOTE) {
      const end = endOfString(text, at);
      if (expectsKey && !addKey(open.at(-1), text.slice(at, end + 1)))
        return `a key twice in one object (at position ${at})`;
      expectsKey = false;
      at = end;
    }
  }
  return undefined;
}

/** False where it was there. Escapes are read: `"\u0061"` is `"a"`. */
function addKey(keys: Set<string> | undefined, quoted: string): boolean {
  if (keys === undefined) return true;
  const key = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (keys.has(key)) return false;
  keys.add(key);
  return true;
}

/** Position of the quote that closes the string which opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
