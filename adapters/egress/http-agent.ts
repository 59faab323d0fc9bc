/** undici's Agent without the rest of undici (fetch, WebSocket, cache, mocks), which takes as long to load as all of ours. */
import { createRequire } from 'node:module';
import type { Dispatcher, Agent as UndiciAgent } from 'undici';

const load = createRequire(import.meta.url);
const agent = load('undici/lib/dispatcher/agent.js') as typeof UndiciAgent;
const dispatcher = load('undici/lib/dispatcher/dispatcher.js') as { prototype: object };
// As undici's own index.js does.
const { request } = load('undici/lib/api') as { request: Dispatcher['request'] };
Object.assign(dispatcher.prototype, { request });

export const Agent = agent;
export type Agent = UndiciAgent;
