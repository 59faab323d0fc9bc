/** Mirrors of registries, as Podman, Buildah, Skopeo and CRI-O are told of them: containers-registries.conf(5), version 2. */
import { z } from 'zod';
import { decodeToml } from '../../domain/catalog/decode-toml.ts';

/** Where a repository is to be looked for. */
export interface RegistryPlace {
  /** `host[:port]` */
  readonly host: string;
  readonly repository: string;
  /** `digest-only` is not asked for tags, `tag-only` not for digests. */
  readonly use: 'all' | 'digest-only' | 'tag-only';
}

export interface RegistryPlaces {
  readonly mirrors: readonly RegistryPlace[];
  /** The registry itself, which its location may rename; undefined where it is blocked. */
  readonly origin: RegistryPlace | undefined;
}

const location = z.string().regex(/^[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9._/-]+)?$/);
const confSchema = z.object({
  registry: z
    .array(
      z.object({
        prefix: z.string().max(1000).optional(),
        location: location.optional(),
        blocked: z.boolean().optional(),
        'mirror-by-digest-only': z.boolean().optional(),
        mirror: z
          .array(z.object({ location, 'pull-from-mirror': z.enum(['all', 'digest-only', 'tag-only']).optional() }))
          .max(100)
          .optional(),
      }),
    )
    .max(10_000)
    .optional(),
});
export type RegistriesConf = z.infer<typeof confSchema>;

/** Throws a CatalogError where it is no TOML, and a ZodError where it is no such configuration. */
export function decodeRegistriesConf(bytes: Uint8Array): RegistriesConf {
  return confSchema.parse(decodeToml(bytes));
}

/** The table with the longest prefix that fits counts; without one, the registry is where its name says. */
export function placesOf(host: string, repository: string, { registry = [] }: RegistriesConf): RegistryPlaces {
  const name = `${host}/${repository}`;
  const plain: RegistryPlace = { host, repository, use: 'all' };
  const fitting = registry
    .map((table) => ({ table, length: matchedLength(name, host, table.prefix ?? table.location ?? '') }))
    .filter(({ length }) => length > 0)
    .toSorted((a, b) => b.length - a.length);
  const [best] = fitting;
  if (best === undefined) return { mirrors: [], origin: plain };
  const { table, length } = best;
  const rest = name.slice(length);
  const at = (place: string, use: RegistryPlace['use']): RegistryPlace | undefined => {
    const [named = '', ...path] = `${place}${rest}`.split('/');
    return path.length === 0 ? undefined : { host: named, repository: path.join('/'), use };
  };
  const byDefault = table['mirror-by-digest-only'] === true ? 'digest-only' : 'all';
  const mirrors = (table.mirror ?? []).flatMap((one) => at(one.location, one['pull-from-mirror'] ?? byDefault) ?? []);
  if (table.blocked === true) return { mirrors: [], origin: undefined };
  return { mirrors, origin: table.location === undefined ? plain : at(table.location, 'all') };
}

/** How much of the name a prefix stands for: it ends at a slash or at the end. `*.example.com` is any host below. */
function matchedLength(name: string, host: string, prefix: string): number {
  if (prefix.startsWith('*.')) return host.endsWith(prefix.slice(1)) ? host.length : 0;
  const next = name[prefix.length];
  return prefix !== '' && name.startsWith(prefix) && (next === undefined || next === '/') ? prefix.length : 0;
}
