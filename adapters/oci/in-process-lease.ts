import type { SubjectLease } from '../../domain/artifact/registry.ts';

/** Serialises within this process; what other processes write meanwhile is merged when the registry is read back. */
export function createInProcessLease(): SubjectLease {
  const last = new Map<string, Promise<unknown>>();
  return {
    hold(key, act) {
      const held = (last.get(key) ?? Promise.resolve()).then(() => act({ check: () => undefined }));
      const settled = held.then(
        () => undefined,
        () => undefined,
      );
      last.set(key, settled);
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
      return held;
    },
  };
}
