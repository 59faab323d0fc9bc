import { z } from 'zod';
import { commandBuildType } from '../../provenance-statement.ts';
import { findSource } from '../material.ts';
import type { LevelLimit, ProvenanceReader } from '../provenance.ts';

const parameters = z.object({ source: z.object({ repository: z.string().max(4096) }) });
const environment = z.object({
  signedBy: z.string().max(4096).optional(),
  slsaBuildLevel: z.literal([0, 1, 2, 3]).optional().catch(undefined),
  hermetic: z.boolean().optional(),
  inputsByHash: z.boolean().optional(),
});

/** The builder of this project (domain/trust/provenance-statement.ts): level 1 until its provenance says more. */
export const commandBuilder: ProvenanceReader = {
  producer: 'Pratique builder',
  matches: ({ buildType }) => buildType === commandBuildType,
  read({ parameters: given, environment: around, inputs }) {
    const { signedBy, slsaBuildLevel = 1, hermetic, inputsByHash } = environment.safeParse(around).data ?? {};
    const limits: LevelLimit[] = [];
    if (slsaBuildLevel < 3)
      limits.push({
        level: slsaBuildLevel,
        reason:
          slsaBuildLevel === 2
            ? 'what is built shares a kernel with what builds'
            : 'nothing shows that the recipe was apart from the machine and the key that signed',
      });
    return {
      source: findSource(inputs, parameters.safeParse(given).data?.source.repository),
      committers: signedBy === undefined ? undefined : [signedBy],
      ...(hermetic === undefined ? {} : { hermetic }),
      ...(inputsByHash === undefined ? {} : { inputsByHash }),
      limits,
    };
  },
};
