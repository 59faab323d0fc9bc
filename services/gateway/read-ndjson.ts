import { ApiError } from './api-error.ts';

const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The values of a newline-delimited JSON stream, one at a time. Lines are bounded, the stream is not. Throws ApiError
 * (400, with the line's number) for a line that is not JSON or too long.
 */
export async function* readNdjson(stream: AsyncIterable<Uint8Array>): AsyncGenerator<{ line: number; value: unknown }> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let line = 0;
  const takeLine = (tail: Uint8Array): string => {
    const text = Buffer.concat([...rest, tail])
      .toString('utf8')
      .trim();
    rest = [];
    restBytes = 0;
    line += 1;
    return text;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const text = takeLine(chunk.subarray(from, end));
      from = end + 1;
      if (text !== '') yield { line, value: parseLine(text, line) };
    }
    rest.push(Buffer.from(chunk.subarray(from)));
    restBytes += chunk.length - from;
    if (restBytes > MAX_LINE_BYTES)
      throw new ApiError(400, 'INVALID_REQUEST', `line ${line + 1} is longer than ${MAX_LINE_BYTES} bytes`, {
        place: `line ${line + 1}`,
      });
  }
  const text = takeLine(new Uint8Array());
  if (text !== '') yield { line, value: parseLine(text, line) };
}

function parseLine(text: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError(400, 'INVALID_REQUEST', `line ${line} is not JSON`, { place: `line ${line}` });
  }
}
