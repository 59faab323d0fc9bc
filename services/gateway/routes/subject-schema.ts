import { z } from 'zod';

/** A person or machine, or a group: what tokens name. */
export const subjectSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, 'letters, digits and . _ @ + -, at most 128');
