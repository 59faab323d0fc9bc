/**
 * What `wanted` gives, or throws, within so many milliseconds; else what `late` gives or throws, and what `wanted` comes to then is
 * nobody's. The timer ends with the first of the two, and keeps no process running.
 */
export async function within<T, L>(milliseconds: number, wanted: Promise<T>, late: () => L): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(resolve, milliseconds, LATE).unref();
  try {
    const first = await Promise.race([wanted, promise]);
    return first === LATE ? late() : first;
  } finally {
    clearTimeout(timer);
  }
}

const LATE = Symbol('late');
