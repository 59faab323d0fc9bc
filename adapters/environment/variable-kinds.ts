/** The kinds of values variables have. Each service's config.ts gives them a description, which errors and the documentation show. */
import { z } from 'zod';

/** Anything but nothing. */
export const text = z.string().min(1);

/** Items between commas; spaces around them do not count. */
export const list = z.string().transform((given) =>
  given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** 0 takes a free one. */
export const port = z.coerce.number().int().min(0).max(65_535);

/** Only these two words: `no`, `0` and `off` mean different things to different programs. */
export const flag = z.enum(['true', 'false']).transform((given) => given === 'true');

/** `host` or `host:port`, an IPv6 address in brackets. */
export const host = z.string().regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s/:@]+)(?::\d{1,5})?$/, 'expected host[:port]');

/** `host:port`. */
export const address = z.string().regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s/:@]+):\d{1,5}$/, 'expected host:port');

/** A Unix socket by its absolute path, which the system wants short (unix(7)). */
export const socketPath = z
  .string()
  .startsWith('/', 'expected an absolute path')
  .max(100, 'expected at most 100 bytes');
