import type { RequestListener } from 'node:http';

const CONNECT_MS = 1500;
/** Longer than a connection may take to come about. */
const SLOW_MS = 2000;

export const timeouts = { connectMs: CONNECT_MS, headersMs: 20 * CONNECT_MS };

/** An answer that takes longer than a connection may. */
export const slowAnswer: RequestListener = (_request, response) => void setTimeout(() => response.end('safe'), SLOW_MS);
