// Bounds a map whose keys come from outside.

/** Sets an entry as the latest one, and forgets the oldest if there are more than `most`. */
export function keepLatest<V>(map: Map<string, V>, most: number, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
