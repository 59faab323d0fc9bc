/** Durations, as every flag takes them. */
import { InvalidArgumentError } from 'commander';
import { durationSchema } from '../../domain/policy/duration.ts';

const SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

/** `30m`, `12h`, `90d`, or ISO 8601 (`PT12H`, `P7D`), in seconds. Throws an InvalidArgumentError. */
export function parseDuration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (SECONDS[unit] ?? 0);
  const iso = durationSchema.safeParse(text);
  if (iso.success && Number.isSafeInteger(iso.data)) return iso.data;
  throw new InvalidArgumentError('Expected a duration: 30m, 12h, 90d, or in ISO 8601 PT30M, PT12H, P90D.');
}
