import { z } from 'zod';
import { decisionStates, type FindingDecision } from '../../../domain/advisory/decision/decision.ts';
import { roleSchema } from '../../../domain/identity/role.ts';

const productSchema = z.object({
  names: z.array(z.string()),
  subcomponents: z.array(z.string()),
  versions: z
    .object({ meant: z.array(z.string()), except: z.array(z.string()) })
    .optional()
    .describe('Versions or ranges it is about, where the document lists them: the first 20'),
});

export const stateSchema = z
  .enum(decisionStates)
  .describe('not_affected, accepted_risk and fixed take a finding out of the count; the others do not');

export const decisionSchema = z.object({
  id: z.string(),
  advisories: z.array(z.string()).describe('Names of the vulnerability; one that the finding has too is enough'),
  state: stateSchema,
  justification: z.string().optional(),
  reason: z.string(),
  owner: z.string(),
  scope: z.object({
    component: z.string().optional(),
    artifact: z.string().optional(),
    environment: z.string().optional(),
    products: z.array(productSchema).optional().describe('Of a VEX document: the first 20'),
    productCount: z.number().optional(),
  }),
  expires: z.string().optional(),
  madeBy: z.string(),
  role: roleSchema,
  madeAt: z.string(),
  document: z
    .object({ digest: z.string(), author: z.string().optional(), at: z.string().optional() })
    .optional()
    .describe('The VEX document it was read from'),
  revoked: z.object({ by: z.string(), reason: z.string(), at: z.string() }).optional(),
});

const PRODUCTS_SHOWN = 20;

/** As the API shows it: a document may name thousands of products. */
export function showDecision(decision: FindingDecision): z.infer<typeof decisionSchema> {
  const { products, ...scope } = decision.scope;
  const shown = products?.slice(0, PRODUCTS_SHOWN).map(({ names, subcomponents, versions }) => ({
    names: [...names],
    subcomponents: [...subcomponents],
    ...(versions === undefined
      ? {}
      : {
          versions: {
            meant: versions.meant.slice(0, PRODUCTS_SHOWN),
            except: versions.except.slice(0, PRODUCTS_SHOWN),
          },
        }),
  }));
  return {
    ...decision,
    advisories: [...decision.advisories],
    scope: { ...scope, ...(shown === undefined ? {} : { products: shown, productCount: products?.length ?? 0 }) },
  };
}
