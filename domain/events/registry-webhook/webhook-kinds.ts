import { distribution } from './distribution.ts';
import type { WebhookKind } from './webhook-kind.ts';

/** Every webhook format the gateway takes, by hand. */
export const webhookKinds: readonly WebhookKind[] = [distribution];
