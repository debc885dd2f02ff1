/** A value that is there at once where nothing has to be waited for: the memory log answers a Send in the same turn. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with the value, now or when it is there. */
export function chain<T, U>(value: MaybePromise<T>, use: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(use) : use(value);
}
