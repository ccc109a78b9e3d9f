export { type BackupOptions, backup } from "./backup.ts";
export type { BackupManifest } from "./backup-manifest.ts";
export { durableUrl } from "./durability.ts";
export {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  type StopOutcome,
  startEmbeddedPostgres,
} from "./embedded/index.ts";
export { type Listener, type ListenOptions, listen } from "./listen.ts";
export { type MigrateOptions, type MigrationState, migrate, migrationStatus } from "./migrate.ts";
export { openPool, type PoolOptions, SHORT_CONNECT_MS, withTransaction } from "./pool.ts";
export { type RestoreOptions, restore } from "./restore.ts";
export { compareSchema, type Drift, generateSchemaDump } from "./schema-dump.ts";
export { isUnavailable, toDbError } from "./unavailable.ts";
