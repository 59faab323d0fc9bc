/**
 * The schemas of CycloneDX by hand, for what is right: a short command is not to make them, and of many components it is faster.
 * What is not right, or in doubt, is the schema's to judge, and to name. What is told apart here is what is read: members that nobody
 * reads stay in the values.
 */
import { checkSbom } from '../check-sbom.ts';
import {
  type CdxComponent,
  type CdxDependency,
  type CdxRest,
  componentSchema,
  dependencySchema,
  restSchema,
} from './document-schema.ts';

/** Each throws a SbomError (SBOM_INVALID) that names the place, after `what`. */
export function checkComponent(value: unknown, what: string): CdxComponent {
  return isPlainComponent(value) ? value : checkSbom(componentSchema, value, what);
}

export function checkDependency(value: unknown, what: string): CdxDependency {
  return isPlainDependency(value) ? value : checkSbom(dependencySchema, value, what);
}

export function checkRest(value: unknown, what: string): CdxRest {
  return isPlainRest(value) ? value : checkSbom(restSchema, value, what);
}

const scopes: ReadonlySet<unknown> = new Set(['required', 'optional', 'excluded', null, undefined]);
const versions: ReadonlySet<unknown> = new Set(['1.2', '1.3', '1.4', '1.5', '1.6', '1.7']);

/** Whether `componentSchema` takes it. False says nothing. */
export function isPlainComponent(value: unknown): value is CdxComponent {
  return (
    isObject(value) &&
    typeof value.type === 'string' &&
    isText(value.name, 1000) &&
    value.name !== '' &&
    isTextOrNone(value.group, 1000) &&
    isTextOrNone(value.version, 1000) &&
    isTextOrNone(value.description) &&
    isTextOrNone(value['bom-ref'], 4096) &&
    isTextOrNone(value.purl, 4096) &&
    scopes.has(value.scope) &&
    isEntityOrNone(value.supplier) &&
    isTextOrNone(value.publisher) &&
    isTextOrNone(value.author) &&
    isEntityOrNone(value.manufacturer) &&
    isListOrNone(value.hashes, isHash) &&
    isListOrNone(value.licenses, isLicence) &&
    (isNone(value.evidence) || isEvidence(value.evidence)) &&
    isListOrNone(value.properties, isProperty) &&
    (isNone(value.components) || Array.isArray(value.components))
  );
}

/** Whether `dependencySchema` takes it. False says nothing. */
export function isPlainDependency(value: unknown): value is CdxDependency {
  return isObject(value) && isText(value.ref, 4096) && isListOrNone(value.dependsOn, (one) => isText(one, 4096));
}

/** Whether `restSchema` takes it. False says nothing. */
export function isPlainRest(value: unknown): value is CdxRest {
  if (!isObject(value) || !versions.has(value.specVersion)) return false;
  const { metadata, serialNumber } = value;
  if (!isTextOrNone(serialNumber, 100)) return false;
  return (
    isNone(metadata) ||
    (isObject(metadata) &&
      isTextOrNone(metadata.timestamp, 100) &&
      isListOrNone(metadata.properties, isProperty) &&
      isListOrNone(metadata.authors, isContact) &&
      isEntityOrNone(metadata.supplier) &&
      isEntityOrNone(metadata.manufacturer) &&
      isEntityOrNone(metadata.manufacture))
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNone = (value: unknown): value is null | undefined => value === null || value === undefined;
const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;
const isTextOrNone = (value: unknown, most = Number.POSITIVE_INFINITY): boolean => isNone(value) || isText(value, most);

function isListOrNone(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return isNone(value) || (Array.isArray(value) && (value as unknown[]).every(isOne));
}

const isProperty = (value: unknown) => isObject(value) && isTextOrNone(value.name) && isTextOrNone(value.value);
const isContact = (value: unknown) => isObject(value) && isTextOrNone(value.name) && isTextOrNone(value.email);
const isHash = (value: unknown) => isObject(value) && typeof value.alg === 'string' && isText(value.content, 256);
const isOccurrence = (value: unknown) => isObject(value) && isTextOrNone(value.location);

function isEvidence(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { occurrences } = value;
  return isListOrNone(occurrences, isOccurrence) && (!Array.isArray(occurrences) || occurrences.length <= 10_000);
}

function isLicence(value: unknown): boolean {
  if (!isObject(value) || !isTextOrNone(value.expression)) return false;
  const { license } = value;
  return isNone(license) || (isObject(license) && isTextOrNone(license.id) && isTextOrNone(license.name));
}

function isEntityOrNone(value: unknown): boolean {
  if (isNone(value)) return true;
  if (!isObject(value) || !isTextOrNone(value.name) || !isListOrNone(value.contact, isContact)) return false;
  return isTextOrNone(value.url) || (Array.isArray(value.url) && value.url.every((one) => typeof one === 'string'));
}
