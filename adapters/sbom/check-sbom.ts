import type { z } from 'zod';
import { SbomError } from './sbom-error.ts';

/** The value as the schema has it. Throws a SbomError (SBOM_INVALID) that names the place. */
export function checkSbom<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue?.path.join('.') ?? '';
  throw new SbomError('SBOM_INVALID', `${what}${place === '' ? '' : ` at ${place}`}: ${issue?.code ?? 'not valid'}`);
}
