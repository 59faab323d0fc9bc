import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Server } from './locate-server.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The gateway's HTTP API. Every failure is an `ApiFailure`; answers are JSON, at most 64 MiB. */
export interface ApiClient {
  readonly server: Server;
  /** `path` below /api/v1, with a slash. */
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  /** A body that is not JSON: a policy, a stream of advisories. */
  send<T>(path: string, contentType: string, body: string | AsyncIterable<Uint8Array>, query?: Query): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

/** What the API says when it does not do what was asked, with the exit code that follows from it. */
export class ApiFailure extends CliError {
  /** HTTP; 0 where there was no answer. */
  readonly status: number;
  constructor(status: number, code: string, message: string, options: ErrorOptions & { hint?: string } = {}) {
    super(exitOf(status), code, message, options);
    this.status = status;
  }
}

const PATIENCE_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export function createApiClient(server: Server, signal: AbortSignal): ApiClient {
  const call = async <T>(method: string, path: string, query: Query, init: RequestInit = {}): Promise<T> => {
    const response = await request(server, method, path, query, init, signal);
    const text = await readBounded(response, server);
    if (!response.ok) throw toFailure(response.status, text, server);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw notOurs(response.status, server);
    }
  };
  const json = { 'content-type': 'application/json' };
  return {
    server,
    get: (path, query = {}) => call('GET', path, query),
    post: (path, body) => call('POST', path, {}, { headers: json, body: JSON.stringify(body) }),
    // A feed takes longer than any question: it ends with the connection or with Ctrl-C.
    send: (path, contentType, body, query = {}) =>
      call('POST', path, query, {
        headers: { 'content-type': contentType },
        body: body as NonNullable<RequestInit['body']>,
        duplex: 'half',
      }),
    delete: (path) => call('DELETE', path, {}),
  };
}

async function request(
  server: Server,
  method: string,
  path: string,
  query: Query,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Response> {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const search = parameters.length === 0 ? '' : `?${new URLSearchParams(parameters)}`;
  const isStream = typeof init.body === 'object';
  try {
    return await fetch(`${server.url}/api/v1${path}${search}`, {
      ...init,
      method,
      headers: { ...init.headers, accept: 'application/json', authorization: `Bearer ${server.token}` },
      // The token goes to the server that was named and nowhere else.
      redirect: 'error',
      signal: isStream ? signal : AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new ApiFailure(0, 'SERVER_UNREACHABLE', `${server.url} does not answer${reasonOf(cause)}`, {
      cause,
      hint: server.from === 'stack' ? 'See what runs: pratique status; start it: pratique up' : 'Check PRATIQUE_URL',
    });
  }
}

function reasonOf(error: unknown): string {
  if ((error as Error).name === 'TimeoutError') return ` within ${PATIENCE_MS / 1000} seconds`;
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  const reason = cause?.code ?? cause?.message;
  return typeof reason === 'string' ? ` (${reason})` : '';
}

async function readBounded(response: Response, server: Server): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES)
        throw new ApiFailure(0, 'ANSWER_TOO_LARGE', `${server.url} answers with over ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ApiFailure) throw cause;
    throw new ApiFailure(0, 'SERVER_UNREACHABLE', `${server.url} broke off in the middle of its answer`, { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toFailure(status: number, text: string, server: Server): ApiFailure {
  let error: { code?: unknown; message?: unknown; hint?: unknown } | undefined;
  try {
    error = (JSON.parse(text) as { error?: typeof error }).error;
  } catch {
    error = undefined;
  }
  if (status === 408 && error === undefined)
    return new ApiFailure(status, 'REQUEST_TIMEOUT', `${server.url} waited too long for what was sent`, {
      hint: 'Send it again, from nearer or over a faster line',
    });
  if (typeof error?.code !== 'string' || typeof error.message !== 'string') return notOurs(status, server);
  const hint = hintFor(status, typeof error.hint === 'string' ? inCommands(error.hint) : undefined, server);
  return new ApiFailure(status, error.code, inFlags(error.message), hint === undefined ? {} : { hint });
}

/** What the API tells its callers to ask, as the command that asks it. */
const commands: readonly (readonly [call: string, command: string])[] = [
  ['GET /api/v1/promotions?state=waiting', 'pratique promotion list --state waiting'],
  ['GET /api/v1/artifacts?repository=', 'pratique artifact list --repository '],
  ['GET /api/v1/artifacts', 'pratique artifact list'],
  ['GET /api/v1/histories', 'pratique history list'],
  ['GET /api/v1/keys', 'pratique key list'],
  ['POST /api/v1/promotions/cancel', 'pratique promotion cancel'],
  ['POST /api/v1/reconcile', 'pratique reconcile'],
  ['GET /openapi.json describes the request', 'the same command with --help says what it takes'],
];

function inCommands(hint: string): string {
  return commands.reduce((text, [call, command]) => text.replaceAll(call, command), hint);
}

/** Where in the request something is wrong, as the command line calls it: `querystring.since: …` is its `--since`. */
function inFlags(message: string): string {
  return message
    .replace(/^querystring\.(\w+):/, (_, name: string) => `--${name}:`)
    .replace(/^(?:params|body)\.(\w+)(?=[:.])/, '$1');
}

function hintFor(status: number, said: string | undefined, server: Server): string | undefined {
  if (status === 401)
    return server.from === 'stack'
      ? 'The token is not of this stack, has expired, or was revoked: without PRATIQUE_TOKEN and --token-file you are its first administrator'
      : 'The token is wrong, expired or revoked: an admin makes a new one with pratique token create';
  if (status === 403 && said !== undefined) {
    const role = /^it takes one of: (\w+)/.exec(said)?.[1] ?? 'approver';
    return server.from === 'stack'
      ? `${said}. Make a token for somebody else: pratique token create --subject NAME --role ${role} --save ${role}.token; then --token-file ${role}.token`
      : `${said} (roles of a token: pratique token list)`;
  }
  return said;
}

function notOurs(status: number, server: Server): ApiFailure {
  return new ApiFailure(0, 'NOT_A_GATEWAY', `${server.url} answers ${status}, but not as a gateway of Pratique does`, {
    hint: 'Check PRATIQUE_URL: the address of the gateway, without /api/v1',
  });
}

/** Refused by a rule: 1. A question that cannot be asked so: 2. The rest is unknown: 3. */
function exitOf(status: number) {
  switch (status) {
    case 409:
      return exitCodes.fail;
    case 400:
    case 413:
    case 415:
    case 422:
      return exitCodes.usage;
    default:
      return exitCodes.infrastructure;
  }
}
