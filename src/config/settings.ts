import type { AlertSettings } from "./alerts.ts";
import type { PairSettings } from "./schema.ts";

/** The whole settings file. */
export type Settings = Readonly<{
  pairs: ReadonlyMap<string, PairSettings>;
  alerts: AlertSettings;
}>;
