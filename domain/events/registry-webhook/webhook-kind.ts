import type { z } from 'zod';
import type { IntakeEvent } from '../intake-event.ts';
import type { UnreadEvent } from '../unread-event.ts';

/** What one webhook call held: what is for us, how many of each thing that is not, and what is not of the format's form. */
export interface WebhookContent {
  readonly events: readonly IntakeEvent[];
  /** Reason → how many: `pull`, `blob`, `mount`, … */
  readonly skipped: Readonly<Record<string, number>>;
  readonly unread: readonly UnreadEvent[];
}

/** One registry product's webhook format. Adding one is adding a file here and a line in webhook-kinds.ts. */
export interface WebhookKind {
  /** The last part of `/hooks/<kind>`. */
  readonly kind: string;
  /** Content types its calls come with, without parameters. */
  readonly contentTypes: readonly string[];
  /** A call's body, as the API describes it: one that is not for us need not be of this form. */
  readonly body: z.ZodType;
  /**
   * Throws EventError with the place of the first problem, where the call is none: one of its events never makes it that. A registry
   * sends a refused call again without end, and everything after it waits. `registry` is the configured name, the events' source.
   */
  decode(bytes: Uint8Array, registry: string): WebhookContent;
}
