/** Decompression of gzip by `igzip` of Intel's isa-l, a program of its own, with less processor time than zlib. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ArchiveError } from './archive-error.ts';
import { feed } from './feed.ts';
import { type ReadingThread, startReadingThread } from './reading-thread.ts';

/** What writing to a program ends with that reads no more, or has ended. */
const closedInput: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/**
 * Gives `take` what the source unpacks to, chunk by chunk, each valid until it returns; resolves to the SHA-256 of all of it,
 * in hexadecimal. A chunk of the source need be valid only until the next is asked for. The program gets nothing of our
 * environment, and is ended with the reading. Throws an ArchiveError, what the source throws, and what `take` throws.
 */
export async function igunzip(
  program: string,
  source: AsyncIterable<Uint8Array>,
  take: (chunk: Buffer) => void,
): Promise<string> {
  const { write, thread } = await openOutput();
  await using _ = thread;
  let failure: { readonly error: unknown } | undefined;
  const child = spawn(program, ['-dc'], { env: {}, stdio: ['pipe', write, 'ignore'] });
  const fail = (error: unknown): void => {
    failure ??= { error };
    child.kill('SIGKILL');
  };
  const ended = endOf(child);
  // The program holds the only end that is left.
  write.destroy();
  const drained = thread.drain(take).catch((error: unknown) => {
    fail(error);
    return '';
  });
  if (child.stdin !== null)
    // It closes its input where it has seen enough, or can not read on: its exit code says which.
    await feed(source, child.stdin).catch((error: NodeJS.ErrnoException) => {
      if (!closedInput.has(error.code ?? '')) fail(error);
    });
  const code = await ended;
  const digest = failure === undefined ? await drained : '';
  if (failure !== undefined) throw failure.error;
  if (code !== 0) throw new ArchiveError('ARCHIVE_CORRUPT', 'compressed data that can not be read');
  return digest;
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
  readonly thread: ReadingThread;
}

/** Two ends of a local socket: unlike the pipe `spawn` makes, one of them can be read on a thread, into memory of ours. */
async function openOutput(): Promise<Output> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-igzip-'));
  try {
    const place = path.join(folder, 'output');
    const server = createServer({ pauseOnConnect: true });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    accepted.catch(() => undefined);
    server.listen(place);
    await once(server, 'listening');
    const thread = startReadingThread(place);
    try {
      const [write] = await Promise.race([accepted, thread.failed]);
      return { write, thread };
    } catch (error) {
      await thread[Symbol.asyncDispose]();
      throw error;
    } finally {
      server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
