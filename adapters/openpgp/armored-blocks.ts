/**
 * The ASCII-armored blocks of these kinds in a file (RFC 9580, 6.2), as gpg reads one: several one after the other, with text
 * between. Undefined where there is none, so that the file is in binary, if anything.
 */
export function armoredBlocks(bytes: Uint8Array, kinds: readonly string[]): readonly string[] | undefined {
  const text = new TextDecoder('latin1').decode(bytes);
  const blocks: string[] = [];
  for (const [from, kind] of beginnings(text, kinds)) {
    const end = `-----END PGP ${kind}-----`;
    const until = text.indexOf(end, from);
    // Cut off: what reads it says so.
    blocks.push(until < 0 ? text.slice(from) : text.slice(from, until + end.length));
    if (until < 0) break;
  }
  return blocks.length === 0 ? undefined : blocks;
}

/** At the beginning of a line: elsewhere it is text about such blocks. */
function* beginnings(text: string, kinds: readonly string[]): Generator<[from: number, kind: string]> {
  const pattern = new RegExp(`^-----BEGIN PGP (${kinds.join('|')})-----`, 'gm');
  for (const match of text.matchAll(pattern)) yield [match.index, match[1] ?? ''];
}
