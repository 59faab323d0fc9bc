/** A stream of bytes as the domain sees it: node's `Readable` satisfies it, and so does a web stream. */
export type ByteStream = AsyncIterable<Uint8Array>;
