import type { z } from 'zod';
import { ConfigError } from './config-error.ts';

/** A service's environment by its schema. An empty variable is an unset one: that is how compose files leave things out. Throws a ConfigError. */
export function parseEnvironment<T extends z.ZodType>(
  service: string,
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`the ${service}'s environment:\n${problems.join('\n')}`);
}
