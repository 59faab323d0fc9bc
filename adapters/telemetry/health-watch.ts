/** What a process depends on, looked at again and again: so that it can say not only what is wrong, but since when. */
import { within } from '../concurrency/within.ts';
import type { HealthReport } from './admin-server.ts';
import { observeGauge } from './instruments.ts';

export interface HealthWatchOptions {
  /** By name: `ok`, or what is wrong in a few words. One that throws, or takes longer than a check may, does not answer. */
  readonly checks: Readonly<Record<string, () => Promise<string>>>;
  /** The ones the process can not work without; the others are reported only. Default: all. */
  readonly needed?: readonly string[];
}

export interface HealthWatch {
  /** Looks now. Answers within three seconds. */
  report(): Promise<HealthReport>;
  stop(): void;
}

const LOOK_EVERY_MS = 5000;
const PATIENCE_MS = 2500;
const SILENT = 'does not answer';

/** Looks at once, and then every five seconds until it is stopped. */
export function watchHealth({ checks, needed = Object.keys(checks) }: HealthWatchOptions): HealthWatch {
  const wrongSince = new Map<string, number>();
  const report = async (): Promise<HealthReport> => {
    const answers = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const answer = await withinPatience(check);
        if (answer === 'ok') wrongSince.delete(name);
        else if (!wrongSince.has(name)) wrongSince.set(name, Date.now());
        return [name, answer] as const;
      }),
    );
    const found = Object.fromEntries(answers);
    const since = [...wrongSince].map(([name, at]) => [name, new Date(at).toISOString()] as const);
    return {
      healthy: needed.every((name) => found[name] === 'ok'),
      checks: found,
      ...(since.length === 0 ? {} : { since: Object.fromEntries(since) }),
    };
  };
  const timer = setInterval(() => void report(), LOOK_EVERY_MS);
  timer.unref();
  void report();
  const forget = observeGauge('pratique_dependency_unavailable_seconds', (result) => {
    for (const name of Object.keys(checks)) {
      const at = wrongSince.get(name);
      result.observe(at === undefined ? 0 : (Date.now() - at) / 1000, { dependency: name });
    }
  });
  return {
    report,
    stop() {
      clearInterval(timer);
      forget();
    },
  };
}

/** A check's answer where it is only whether. */
export function okOr(wrong: string, check: () => Promise<boolean> | boolean): () => Promise<string> {
  return async () => ((await check()) ? 'ok' : wrong);
}

function withinPatience(check: () => Promise<string>): Promise<string> {
  return within(PATIENCE_MS, Promise.resolve().then(check), () => SILENT).catch(() => SILENT);
}
