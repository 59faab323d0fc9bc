import { parse } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';

/** A YAML file that a variable of the environment names. Throws a ConfigError that names variable, file and place. */
export function parseConfigFile<S extends z.ZodType>(
  schema: S,
  text: string,
  { variable, file }: { readonly variable: string; readonly file: string },
): z.infer<S> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new ConfigError(`${variable}: ${file} is no YAML`, { cause });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ConfigError(`${variable}: ${file}, at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`);
}
