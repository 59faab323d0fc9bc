import type { IntakeEvent } from '../intake-event.ts';

/** What one webhook call held: what is for us, and how many of each thing that is not. */
export interface WebhookContent {
  readonly events: readonly IntakeEvent[];
  /** Reason → how many: `pull`, `blob`, `mount`, … */
  readonly skipped: Readonly<Record<string, number>>;
}

/** One registry product's webhook format. Adding one is adding a file here and a line in webhook-kinds.ts. */
export interface WebhookKind {
  /** The last part of `/hooks/<kind>`. */
  readonly kind: string;
  /** Content types its calls come with, without parameters. */
  readonly contentTypes: readonly string[];
  /** Throws EventError with the place of the first problem. `registry` is the configured name, used as the events' source. */
  decode(bytes: Uint8Array, registry: string): WebhookContent;
}
