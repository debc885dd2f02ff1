/** Adds to a set that keeps only its latest members. */
export function rememberLatest<T>(set: Set<T>, value: T, limit: number): void {
  set.add(value);
  if (set.size <= limit) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}
