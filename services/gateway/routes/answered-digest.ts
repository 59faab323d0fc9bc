import { z } from 'zod';

/** A digest in an answer. `digestSchema` is for what comes in: it only reads, and an answer with one in it could not be written. */
export const answeredDigest = z.string().regex(/^sha256:[a-f0-9]{64}$/);
