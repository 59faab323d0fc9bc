/** A signer behind a Unix socket in a folder that only its own user enters: the operating system says who may ask. */
import { once } from 'node:events';
import { chmod, mkdir, rm, rmdir } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import type { BuildSigner } from '../../domain/building/build-signer.ts';
import { BuildError } from '../../domain/building/builder.ts';
import {
  formatRefusal,
  formatSignedBuild,
  formatSigningRequest,
  maxAnswerBytes,
  maxRequestBytes,
  parseSigningAnswer,
  parseSigningRequest,
} from './signing-messages.ts';

/** Milliseconds until a request is there; until a layout of gigabytes is read and signed. */
const REQUEST_MS = 10_000;
const ANSWER_MS = 15 * 60_000;
const CONNECTIONS = 8;

export interface SigningServer {
  close(): Promise<void>;
}

export interface SigningServerOptions {
  /** Its folder is made, for this user alone; at most 100 bytes (unix(7)). */
  readonly socket: string;
  readonly signer: BuildSigner;
  /** Told of each request: what was signed, or why it was not. */
  readonly onOutcome: (digest: string | undefined, error: unknown) => void;
}

export async function serveBuildSigner({ socket, signer, onOutcome }: SigningServerOptions): Promise<SigningServer> {
  const folder = path.dirname(socket);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // Of a signer that was killed. Two at once are not started on one folder.
  await rm(socket, { force: true });
  const answer = async (client: Socket): Promise<void> => {
    let digest: string | undefined;
    try {
      const sent = await readAll(client, maxRequestBytes, REQUEST_MS);
      // Somebody who only wanted to know whether we listen.
      if (sent === '') return;
      const request = parseSigningRequest(sent);
      digest = request.digest;
      const signed = await signer.sign(request);
      client.end(formatSignedBuild(signed));
      onOutcome(digest, undefined);
    } catch (error) {
      client.end(formatRefusal(error));
      onOutcome(digest, error);
    } finally {
      client.destroySoon();
    }
  };
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.on('error', () => client.destroy()).on('close', () => clients.delete(client));
    void answer(client);
  });
  server.maxConnections = CONNECTIONS;
  server.listen(socket);
  await once(server, 'listening');
  await chmod(socket, 0o600);
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.destroy();
      await closed;
      // Empty now; where it is a mount, it stays.
      await rmdir(folder).catch(() => undefined);
    },
  };
}

/** The signer behind that socket. */
export function connectBuildSigner(socket: string): BuildSigner {
  return {
    async sign(request) {
      const client = connect({ path: socket, allowHalfOpen: true });
      client.end(formatSigningRequest(request));
      const answer = await readAll(client, maxAnswerBytes, ANSWER_MS).catch((cause: unknown) => {
        const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'broke off';
        throw new BuildError('SIGNER_UNREACHABLE', `the builder's signer does not answer (${why}): is it running?`, {
          cause,
        });
      });
      return parseSigningAnswer(answer);
    },
  };
}

/** Whether somebody listens. */
export async function isListening(socket: string): Promise<boolean> {
  const client = connect({ path: socket });
  try {
    await once(client, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

async function readAll(from: Socket, maxBytes: number, withinMs: number): Promise<string> {
  const late = setTimeout(() => from.destroy(new Error('took too long')), withinMs);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > maxBytes)
        throw new BuildError('SIGNER_REFUSED', `not signed: what was sent is longer than ${maxBytes} bytes`);
      chunks.push(chunk as Buffer);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks).toString('utf8');
}
