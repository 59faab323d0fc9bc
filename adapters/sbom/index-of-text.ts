/** Node looks for up to seven bytes by `memchr` for the first, and for more by Boyer, Moore and Horspool, which takes three times as long. */
const QUICK_BYTES = 7;
/** Ends of the text with something else before them: of more, the file is made of them, and the text is looked for as it is. */
const MAX_ENDS = 1000;

/** The first place of the text, one byte a character, at `from` or behind it; or -1. */
export function indexOfText(bytes: Buffer, text: string, from: number): number {
  const ahead = Math.max(0, text.length - QUICK_BYTES);
  const end = text.slice(ahead);
  let at = from;
  for (let ends = 0; ends < MAX_ENDS; ends += 1) {
    const found = bytes.indexOf(end, at + ahead, 'latin1');
    if (found < 0) return -1;
    at = found - ahead;
    if (bytes.toString('latin1', at, found) === text.slice(0, ahead)) return at;
    at += 1;
  }
  return bytes.indexOf(text, at, 'latin1');
}
