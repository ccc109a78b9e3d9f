/** One service of SL's API with the screen behind it and the operations that are called. */
export type TouchedService = Readonly<{
  service: string;
  /** As SL's menu numbers it, or what it is. */
  screen: string;
  writes: readonly string[];
  reads: readonly string[];
}>;

/** A table of SL and the fields that the connector names; what it does not name it leaves alone. */
export type TouchedTable = Readonly<{
  table: string;
  isWritten: boolean;
  fields: readonly string[];
}>;

/** A read-only view that the site installs for the hub. */
export type TouchedView = Readonly<{ view: string; reads: readonly string[] }>;

/** Everything of an SL site that the hub touches. */
export type Touches = Readonly<{
  /** Tables whose definition is changed: none. */
  tablesAltered: number;
  services: readonly TouchedService[];
  tables: readonly TouchedTable[];
  views: readonly TouchedView[];
}>;
