import { readFile } from 'node:fs/promises';
import type { StackHome } from '../../infra/dev/stack-home.ts';
import { readStackRecord } from '../../infra/dev/stack-record.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { nearestHome } from './nearest-home.ts';
import { readUserFile } from './signing-key.ts';
import { asCliError } from './stack-failure.ts';

/** The gateway a command speaks to, and with which token. */
export interface Server {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** `stack`: the local one, found by its folder. */
  readonly from: 'named' | 'stack';
}

export interface ServerFlags {
  readonly url?: string;
  readonly tokenFile?: string;
}

/**
 * The server that is named (`--url`, PRATIQUE_URL), else the one of the nearest local stack (PRATIQUE_HOME, or a `.pratique`
 * here or in a folder above). Throws a CliError: exit 3 where there is none, 2 where there is no token for it.
 */
export async function locateServer(flags: ServerFlags, io: CliIo): Promise<Server> {
  const local = await readLocalStack(io);
  const url = flags.url === undefined ? local?.url : parseUrl(flags.url);
  if (url === undefined)
    throw new CliError(exitCodes.infrastructure, 'SERVER_NOT_CONFIGURED', 'there is no server to ask', {
      hint: 'Start one here with `pratique up --detach`, or name one: PRATIQUE_URL and PRATIQUE_TOKEN',
    });
  const isLocal = url === local?.url;
  // The admin's token of the stack on this machine is for that stack alone.
  const token = (await readToken(flags, io)) ?? (isLocal ? await readAdminToken(local.tokenFile) : undefined);
  if (token === undefined)
    throw new CliError(exitCodes.usage, 'TOKEN_MISSING', `there is no token for ${url}`, {
      hint: isLocal
        ? 'The stack here is not ready: pratique up'
        : 'Give one in PRATIQUE_TOKEN or --token-file; an admin makes one with: pratique token create',
    });
  return { url, token, from: isLocal ? 'stack' : 'named' };
}

/** Whether `locateServer` would find a server. */
export async function hasServer(flags: ServerFlags, io: CliIo): Promise<boolean> {
  return flags.url !== undefined || (await readLocalStack(io)) !== undefined;
}

/** The folder of the local stack that `server` belongs to; undefined where it runs somewhere else. */
export async function findStackOf(server: Server, io: CliIo): Promise<StackHome | undefined> {
  const local = await readLocalStack(io);
  return local?.url === server.url ? local.home : undefined;
}

function parseUrl(text: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new CliError(exitCodes.usage, 'URL_INVALID', `--url ${text}: expected the address of a gateway`, {
      hint: 'For example https://pratique.example.com (PRATIQUE_URL says the same)',
    });
  if (url.username !== '' || url.password !== '')
    throw new CliError(exitCodes.usage, 'URL_INVALID', '--url: the address must not hold a user or password', {
      hint: 'The token goes into PRATIQUE_TOKEN or --token-file',
    });
  // Every call names /api/v1 itself: whoever names it too means the same.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
}

interface LocalStack {
  readonly home: StackHome;
  readonly url: string;
  readonly tokenFile: string;
}

async function readLocalStack(io: CliIo): Promise<LocalStack | undefined> {
  const home = nearestHome(io);
  try {
    const record = await readStackRecord(home);
    return record === undefined
      ? undefined
      : { home, url: record.connection.gatewayUrl, tokenFile: home.adminTokenFile };
  } catch (error) {
    throw asCliError(error);
  }
}

/** A file named as a flag counts most, then PRATIQUE_TOKEN, then PRATIQUE_TOKEN_FILE. */
async function readToken({ tokenFile }: ServerFlags, io: CliIo): Promise<string | undefined> {
  const { PRATIQUE_TOKEN: token, PRATIQUE_TOKEN_FILE: variable } = io.env;
  if (token && (tokenFile === undefined || tokenFile === variable)) return checkToken(token.trim(), 'PRATIQUE_TOKEN');
  if (tokenFile === undefined) return undefined;
  return checkToken((await readUserFile(tokenFile, io)).toString('utf8').trim(), tokenFile);
}

async function readAdminToken(file: string): Promise<string | undefined> {
  try {
    return checkToken((await readFile(file, 'utf8')).trim(), file);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CliError(exitCodes.usage, 'TOKEN_UNREADABLE', `${file} cannot be read (${code})`, {
      cause: error,
      hint: 'The stack here is of another user: ask them for a token of your own (pratique token create)',
    });
  }
}

/** A header takes visible characters only; the message must not show the token. */
function checkToken(token: string, place: string): string {
  if (/^[\x21-\x7e]{1,512}$/.test(token)) return token;
  throw new CliError(exitCodes.usage, 'TOKEN_INVALID', `${place} does not hold a token (prq_…)`);
}
