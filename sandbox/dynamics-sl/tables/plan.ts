/** The contract type that shows a table's columns. */
export type Source = Readonly<{ service: string; type: string }>;
/** How a table comes about: its columns, its key, its indexes. */
export type Plan = Readonly<{
  name: string;
  source?: Source;
  /** Columns the contract's type lacks, or all of them for tables no contract shows. */
  own?: string;
  key: readonly string[];
  indexes?: Readonly<Record<string, readonly string[]>>;
}>;
