/** What a user types, and what the gateway answers. */
import type { Answers } from '../answering-gateway.ts';

export type TranscriptCase = readonly [file: string, line: string, answers: Answers];

/** The first and only page of a list. */
export const page = (...items: unknown[]) => ({ body: { items, next: null } });

export const failure = (status: number, code: string, message: string, hint?: string) => ({
  status,
  body: { error: { code, message, ...(hint === undefined ? {} : { hint }) } },
});
