/** Decompression of gzip by `igzip` of Intel's isa-l, a program of its own: about twice as fast as zlib. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArchiveError } from './archive-error.ts';

/** Of the one buffer that all of the output passes through: fresh ones for each chunk keep the garbage collector busy. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Gives `take` what the source unpacks to, chunk by chunk, each valid until it returns. The program gets nothing of our
 * environment, and is ended with the reading. Throws an ArchiveError, what the source throws, and what `take` throws.
 */
export async function igunzip(
  program: string,
  source: AsyncIterable<Uint8Array>,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const output = await openOutput();
  let failure: { readonly error: unknown } | undefined;
  let child: ChildProcess | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    child?.kill('SIGKILL');
  };
  const drained = new Promise<void>((resolve) => {
    output.read.once('close', resolve);
  });
  output.onData((chunk) => {
    if (failure !== undefined) return;
    try {
      take(chunk);
    } catch (error) {
      fail(error);
    }
  });
  child = spawn(program, ['-dc'], { env: {}, stdio: ['pipe', output.write, 'ignore'] });
  const ended = endOf(child);
  // The program holds the only end that is left.
  output.write.destroy();
  if (child.stdin !== null)
    // It closes its input where it has seen enough, or can not read on: its exit code says which.
    await pipeline(source, child.stdin).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') fail(error);
    });
  const code = await ended;
  if (failure === undefined) await drained;
  output.read.destroy();
  if (failure !== undefined) throw failure.error;
  if (code !== 0) throw new ArchiveError('ARCHIVE_CORRUPT', 'compressed data that can not be read');
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals | Error> {
  return new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? -1));
  });
}

interface Output {
  /** For the program's stdout. */
  readonly write: Socket;
  readonly read: Socket;
  onData(take: (chunk: Buffer) => void): void;
}

/** Two ends of a local socket: unlike the pipe `spawn` makes, one of its own can be read into a buffer of ours. */
async function openOutput(): Promise<Output> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-igzip-'));
  try {
    const place = path.join(folder, 'output');
    const server = createServer({ pauseOnConnect: true });
    const accepted = new Promise<Socket>((resolve, reject) => {
      server.once('connection', resolve);
      server.once('error', reject);
    });
    await new Promise<void>((resolve) => {
      server.listen(place, resolve);
    });
    let take: (chunk: Buffer) => void = () => undefined;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback: (length: number, buffer: Uint8Array): boolean => {
        take((buffer as Buffer).subarray(0, length));
        return true;
      },
    };
    const read = connect({ path: place, onread });
    const write = await accepted;
    server.close();
    return {
      read,
      write,
      onData(taker) {
        take = taker;
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
