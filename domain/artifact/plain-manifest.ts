import {
  type Descriptor,
  type Index,
  indexSchema,
  type Manifest,
  manifestSchema,
  type Platform,
} from './descriptor.ts';
import { isDigest } from './digest.ts';

type Fields<T> = Readonly<Record<keyof T, true>>;

const manifestFields: Fields<Manifest> = {
  ...{ schemaVersion: true, mediaType: true, artifactType: true },
  ...{ config: true, layers: true, subject: true, annotations: true },
};
const indexFields: Fields<Index> = {
  ...{ schemaVersion: true, mediaType: true, artifactType: true },
  ...{ manifests: true, subject: true, annotations: true },
};
const descriptorFields: Fields<Descriptor> = {
  ...{ mediaType: true, digest: true, size: true },
  ...{ platform: true, artifactType: true, annotations: true },
};
const platformFields: Fields<Platform> = { os: true, architecture: true, variant: true };

/** As `manifestSchema` reads it. Most are plain, and need no schema, which a short command is not to load. */
export function readManifest(value: unknown): ReturnType<typeof manifestSchema.safeParse> {
  const plain = readPlainManifest(value);
  return plain === undefined ? manifestSchema.safeParse(value) : { success: true, data: plain };
}

/** As `indexSchema` reads it. */
export function readIndex(value: unknown): ReturnType<typeof indexSchema.safeParse> {
  const plain = readPlainIndex(value);
  return plain === undefined ? indexSchema.safeParse(value) : { success: true, data: plain };
}

/** Undefined where it is not right, or has anything that the schema does not know, which is the schema's to judge. */
export function readPlainManifest(value: unknown): Manifest | undefined {
  if (!isPlain(value, manifestFields) || value.schemaVersion !== 2) return undefined;
  const [config, layers] = [readDescriptor(value.config), readList(value.layers, 1000)];
  const rest = readRest(value);
  if (config === undefined || layers === undefined || rest === undefined) return undefined;
  return { schemaVersion: 2, ...rest.types, config, layers, ...rest.links };
}

/** The same of an index. */
export function readPlainIndex(value: unknown): Index | undefined {
  if (!isPlain(value, indexFields) || value.schemaVersion !== 2) return undefined;
  const [manifests, rest] = [readList(value.manifests, 10_000), readRest(value)];
  if (manifests === undefined || rest === undefined) return undefined;
  return { schemaVersion: 2, ...rest.types, manifests, ...rest.links };
}

/** What both may have: in two parts, between which the schemas have their own. */
function readRest({ mediaType, artifactType, subject, annotations }: Record<string, unknown>) {
  const of = subject === undefined ? undefined : readDescriptor(subject);
  if (subject !== undefined && of === undefined) return undefined;
  if (!isType(mediaType) || !isType(artifactType) || !areAnnotations(annotations)) return undefined;
  return {
    types: { ...(mediaType !== undefined && { mediaType }), ...(artifactType !== undefined && { artifactType }) },
    links: { ...(of !== undefined && { subject: of }), ...(annotations !== undefined && { annotations }) },
  };
}

function readList(value: unknown, most: number): Descriptor[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const read: Descriptor[] = [];
  for (const one of value as unknown[]) {
    const descriptor = readDescriptor(one);
    if (descriptor === undefined) return undefined;
    read.push(descriptor);
  }
  return read;
}

function readDescriptor(value: unknown): Descriptor | undefined {
  if (!isPlain(value, descriptorFields)) return undefined;
  const { mediaType, digest, size, platform, artifactType, annotations } = value;
  if (!isType(mediaType) || mediaType === undefined || typeof digest !== 'string' || !isDigest(digest))
    return undefined;
  if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
  const on = platform === undefined ? undefined : readPlatform(platform);
  if (platform !== undefined && on === undefined) return undefined;
  if (!isType(artifactType) || !areAnnotations(annotations)) return undefined;
  return {
    ...{ mediaType, digest, size: size as number },
    ...(on !== undefined && { platform: on }),
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

function readPlatform(value: unknown): Platform | undefined {
  if (!isPlain(value, platformFields)) return undefined;
  const { os, architecture, variant } = value;
  if (!isText(os, 64) || !isText(architecture, 64) || !(variant === undefined || isText(variant, 64))) return undefined;
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;
const isType = (value: unknown): value is string | undefined => value === undefined || isText(value, 255);

/** An object with nothing but what is known. */
function isPlain(value: unknown, fields: Readonly<Record<string, true>>): value is Record<string, unknown> {
  return isObject(value) && Object.keys(value).every((name) => Object.hasOwn(fields, name));
}

function areAnnotations(value: unknown): value is Record<string, string> | undefined {
  if (value === undefined) return true;
  if (!isObject(value) || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((one) => typeof one === 'string');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
