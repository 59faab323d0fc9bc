/** A browser without a window, spoken to by its own protocol (DevTools), with an authenticator that is made of software. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 30_000;

/** `PRATIQUE_CHROMIUM`, or one on PATH; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = [process.env.PRATIQUE_CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'];
  return named.find((name) => name !== undefined && name !== '' && spawnSync(name, ['--version']).status === 0);
}

export interface BrowserPage {
  open(url: string): Promise<void>;
  /** The value of an expression, awaited. Throws what it throws. */
  run<T>(expression: string): Promise<T>;
  /** Resolves when the page shows the text. Throws after half a minute, with what it shows. */
  shows(text: string): Promise<void>;
  fill(selector: string, value: string): Promise<void>;
  click(text: string): Promise<void>;
  /** PNG of the whole page. */
  picture(width: number): Promise<Buffer>;
  /** One that verifies its user, and answers at once. */
  addAuthenticator(): Promise<void>;
  /** Errors and refusals of the Content-Security-Policy that the console heard of. */
  readonly complaints: readonly string[];
}

export async function startChromium(program: string): Promise<{ page: BrowserPage; stop: () => Promise<void> }> {
  const profile = await mkdtemp(path.join(tmpdir(), 'pratique-chromium-'));
  const child = spawn(
    program,
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      ...['--disable-background-networking', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const socket = new WebSocket(await endpointOf(profile));
  await once(socket, 'open');
  const page = await attach(socket);
  return {
    page,
    async stop() {
      socket.close();
      child.kill('SIGTERM');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function endpointOf(profile: string): Promise<string> {
  const file = path.join(profile, 'DevToolsActivePort');
  for (const start = Date.now(); Date.now() - start < DEADLINE_MS; await delay(50)) {
    if (!existsSync(file)) continue;
    const [port, place] = (await readFile(file, 'utf8')).split('\n');
    if (place !== undefined) return `ws://127.0.0.1:${port}${place}`;
  }
  throw new Error('the browser did not start');
}

type Message = { id?: number; result?: unknown; error?: { message: string }; method?: string; params?: unknown };

async function attach(socket: WebSocket): Promise<BrowserPage> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  const complaints: string[] = [];
  let last = 0;
  let sessionId: string | undefined;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(String(data)) as Message;
    // What is verbose is advice.
    const level = (params as { entry?: { level?: string } } | undefined)?.entry?.level;
    if (method === 'Runtime.exceptionThrown' || (method === 'Log.entryAdded' && level !== 'verbose'))
      complaints.push(JSON.stringify(params));
    const asked = id === undefined ? undefined : waiting.get(id);
    if (asked === undefined) return;
    waiting.delete(id as number);
    if (error === undefined) asked.resolve(result as never);
    else asked.reject(new Error(error.message));
  });
  const send = <T = unknown>(method: string, params: object = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
  const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  sessionId = (await send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })).sessionId;
  for (const domain of ['Page', 'Runtime', 'Log', 'WebAuthn']) await send(`${domain}.enable`);
  return { complaints, ...actions(send) };
}

function actions(send: <T = unknown>(method: string, params?: object) => Promise<T>): Omit<BrowserPage, 'complaints'> {
  const run = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await send<{
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string } };
    }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: true });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'it throws');
    return result.value;
  };
  const until = async (what: string, isSo: string): Promise<void> => {
    for (const start = Date.now(); Date.now() - start < DEADLINE_MS; await delay(50))
      if (await run<boolean>(isSo).catch(() => false)) return;
    throw new Error(`${what} did not come; the page shows: ${await run<string>('document.body.innerText')}`);
  };
  return {
    run,
    open: async (url) => {
      // Another fragment alone is no other page.
      await send('Page.navigate', { url: 'about:blank' });
      await send('Page.navigate', { url });
      await until(url, `location.href === ${JSON.stringify(url)} && document.readyState === 'complete'`);
    },
    shows: (text) => until(text, `document.body?.innerText.includes(${JSON.stringify(text)})`),
    fill: async (selector, value) => {
      const found = `document.querySelector(${JSON.stringify(selector)})`;
      await until(selector, `${found} !== null`);
      await run(`${found}.value = ${JSON.stringify(value)}`);
    },
    click: async (text) => {
      const found = `[...document.querySelectorAll('button, a')].find((one) => one.textContent.includes(${JSON.stringify(text)}))`;
      await until(text, `${found} !== undefined && !${found}.disabled`);
      await run(`${found}.click()`);
    },
    async picture(width) {
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height: 800,
        deviceScaleFactor: 1,
        mobile: width < 600,
      });
      await delay(200);
      const { data } = await send<{ data: string }>('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(data, 'base64');
    },
    async addAuthenticator() {
      await send('WebAuthn.addVirtualAuthenticator', {
        options: {
          ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
          ...{ isUserVerified: true, automaticPresenceSimulation: true },
        },
      });
    },
  };
}
