import { z } from 'zod';
import { type ArtifactKey, parseSubject } from '../../../domain/artifact/subject.ts';
import { ApiError } from '../api-error.ts';

export const promotionIdSchema = z.string().min(1).max(512).describe('promotion/<environment>/<repository>@<digest>');

/** With or without `promotion/`. Throws an ApiError for what names none. */
export function parsePromotionId(id: string): { environment: string; key: ArtifactKey } {
  const [, environment, subject] = /^(?:promotion\/)?([a-z0-9][a-z0-9-]{0,62})\/(.+)$/.exec(id) ?? [];
  const key = subject === undefined ? undefined : parseSubject(subject);
  if (environment !== undefined && key !== undefined) return { environment, key };
  throw new ApiError(400, 'INVALID_REQUEST', 'a promotion is named promotion/<environment>/<repository>@<digest>', {
    place: 'promotion',
    hint: 'GET /api/v1/promotions?state=waiting lists those that wait',
  });
}
