/** Fields of decoded JSON or YAML, where everything may be anything. */
export type PlainMap = Readonly<Record<string, unknown>>;

export function asMap(value: unknown): PlainMap | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PlainMap) : undefined;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Own fields only: `constructor` is no field of what was decoded. */
export function field(map: PlainMap | undefined, name: string): unknown {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}

export function textField(map: PlainMap | undefined, name: string): string | undefined {
  const value = field(map, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
