import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { ImageReader } from '../../adapters/oci/layout.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { openRegistry } from './open-registry.ts';

/**
 * A repository for reading: from the mirrors that containers-registries.conf(5) names for it, and from its registry.
 * CONTAINERS_REGISTRIES_CONF, else the user's file, else the machine's is read. Throws a CliError.
 */
export async function openMirrored(host: string, repository: string, io: CliIo): Promise<Omit<ImageReader, 'resolve'>> {
  const found = await readConfiguration(io);
  if (found === undefined) return openRegistry(host, io);
  const { decodeRegistriesConf, placesOf } = await import('../../adapters/oci/registries-conf.ts');
  const { createMirroredReader } = await import('../../adapters/oci/mirrored-reader.ts');
  const conf = asCliError(found.file, () => decodeRegistriesConf(found.bytes));
  const { mirrors, origin } = placesOf(host, repository, conf);
  if (origin === undefined)
    throw new CliError(exitCodes.usage, 'REGISTRY_BLOCKED', `${host}/${repository} is blocked by ${found.file}`);
  const places = [...mirrors, origin].map(async (place) => ({ ...place, reader: await openRegistry(place.host, io) }));
  return createMirroredReader(await Promise.all(places));
}

async function readConfiguration({ env }: CliIo): Promise<{ file: string; bytes: Uint8Array } | undefined> {
  const named = env.CONTAINERS_REGISTRIES_CONF;
  const files = named
    ? [named]
    : [
        path.join(env.XDG_CONFIG_HOME || path.join(env.HOME || homedir(), '.config'), 'containers/registries.conf'),
        '/etc/containers/registries.conf',
      ];
  for (const file of files) {
    try {
      return { file, bytes: await readFile(file) };
    } catch (cause) {
      if (!named && (cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new CliError(exitCodes.usage, 'REGISTRIES_CONF_INVALID', `${file} can not be read`, { cause });
    }
  }
  return undefined;
}

function asCliError<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CliError(
      exitCodes.usage,
      'REGISTRIES_CONF_INVALID',
      `${file}: not as containers-registries.conf(5) says`,
      {
        cause,
      },
    );
  }
}
