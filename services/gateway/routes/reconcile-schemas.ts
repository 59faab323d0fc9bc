import { z } from 'zod';
import type { ReconcileReport } from '../../../domain/artifact/reconcile.ts';

export const reconcileReportSchema = z.object({
  repositories: z.number(),
  tags: z.number(),
  missed: z.array(z.string()).describe('<repository>:<tag> nobody had heard of, started then; the first of them'),
  more: z.number().describe('How many more were missed than are listed'),
});

export function showReconcileReport({ repositories, tags, missed, more }: ReconcileReport) {
  return { repositories, tags, missed: [...missed], more: more ?? 0 };
}
