// Opens the storage that SUREHOOK_STORAGE names.
import { ConfigError } from '../config/config-error.ts';
import type { StoragePlace } from '../config/storage-place.ts';
import { BodyStorage } from './body-storage.ts';
import { DiskStore } from './disk-store.ts';
import { S3Store } from './s3-store.ts';

/** @throws ConfigError if the storage cannot be used */
export async function openStorage(place: StoragePlace): Promise<BodyStorage> {
  const store = place.kind === 'disk' ? new DiskStore(place.path) : new S3Store(place);
  const storage = new BodyStorage(store);
  try {
    await storage.check();
    return storage;
  } catch (error) {
    throw new ConfigError(`SUREHOOK_STORAGE: ${store.name} cannot be used: ${(error as Error).message}`);
  }
}
