/** A Snappy block (raw format) that says its bytes as they are. */
export function literalSnappy(bytes: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) break;
  }
  const size = bytes.length - 1;
  const sizeBytes = size < 60 ? 0 : size < 256 ? 1 : size < 65_536 ? 2 : 3;
  const tag = sizeBytes === 0 ? size << 2 : (59 + sizeBytes) << 2;
  const extra = Array.from({ length: sizeBytes }, (_, place) => Math.floor(size / 2 ** (8 * place)) % 256);
  return Buffer.from([...length, tag, ...extra, ...bytes]);
}
