/** undici's Agent without the rest of undici (fetch, WebSocket, cache, mocks), which takes as long to load as all of ours. */
import type { Agent as UndiciAgent } from 'undici';
import request from 'undici/lib/api/api-request.js';
import agent from 'undici/lib/dispatcher/agent.js';
import dispatcher from 'undici/lib/dispatcher/dispatcher.js';

// As undici's own index.js does.
Object.assign(dispatcher.prototype, { request });

export const Agent = agent;
export type Agent = UndiciAgent;
