import type { PromotionAnswer } from './api-answers.ts';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** The promotion with this id, or with this name as people shorten it. */
export function readPromotion(api: ApiClient, id: string): Promise<PromotionAnswer> {
  return api.get<PromotionAnswer>('/promotion', { id });
}

/**
 * The id `promotion/<environment>/<repository>@<digest>` behind what a user typed: that, the same without `promotion/`, or an
 * environment and any reference to an artifact, which the server resolves.
 */
export async function findPromotionId(api: ApiClient, name: string, ref: string): Promise<string> {
  if (ref === '') {
    if (/^(?:promotion\/)?[^/]+\/.+@sha256:[0-9a-f]{64}$/.test(name))
      return name.startsWith('promotion/') ? name : `promotion/${name}`;
    throw new CliError(exitCodes.usage, 'PROMOTION_INVALID', `${name} names no promotion`, {
      hint: 'Write <environment>/<repository>@sha256:…, or the environment and the artifact: prod shop/web:1.0',
    });
  }
  const { artifact } = await api.get<{ artifact: { repository: string; digest: string } }>('/artifact', { ref });
  return `promotion/${name}/${artifact.repository}@${artifact.digest}`;
}
