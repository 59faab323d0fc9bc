import type { z } from 'zod';
import { ConfigError } from './config-error.ts';

/** What a service may be told: a schema for each variable, with what it is for as its description. */
export type Variables = Readonly<Record<string, z.ZodType>>;

/** A service's environment by its schema. An empty variable is an unset one: that is how compose files leave things out. Throws a ConfigError. */
export function parseEnvironment<T extends z.ZodObject<Variables>>(
  service: string,
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const wrong = given[name] === undefined ? 'is not set' : issue.message;
    return `  ${name}: ${wrong}. Set it to: ${schema.shape[name]?.description ?? 'what the page says'}`;
  });
  throw new ConfigError(
    `the ${service}'s environment (docs/configuration.md has every variable):\n${problems.join('\n')}`,
  );
}
