/** The settings of a pair as they stand in its file. */
export type PairFile = Readonly<Record<string, unknown>>;

type Role = "ar" | "sales" | "shipping" | "tax" | "clearing" | "rounding";
/** The accounts of a sale, without their subaccounts. */
export type Accounts = Readonly<Record<Role, string>>;

/** What a sale's documents hit, by the pair file. */
export function accountsOf(pairFile: PairFile): Accounts {
  const chart = new Chart(pairFile);
  const account = (role: string) => chart.of(role).split("/")[0] ?? "";
  return {
    ar: account("ar"),
    sales: account("sales"),
    shipping: account("shipping"),
    tax: account("tax"),
    rounding: account("rounding"),
    clearing: account(`clearing.${chart.currency}`),
  };
}

/** What the pair file says, by the paths of its settings. */
export class Chart {
  readonly #file: PairFile;

  constructor(file: PairFile) {
    this.#file = file;
  }

  /** A setting by its path; `fallback` where it is not set. */
  setting(path: string, fallback = ""): string {
    const value = this.#at(path.split("."));
    return typeof value === "string" || typeof value === "number" ? String(value) : fallback;
  }

  /** A setting that holds others. */
  settings(path: string): Readonly<Record<string, unknown>> {
    return (this.#at(path.split(".")) ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** Account and subaccount of a role, `1095/000000000000`; empty where none is set. */
  of(role: string): string {
    return this.setting(`accounts.${role}`);
  }

  get currency(): string {
    return this.setting("sl.base-currency", "USD");
  }

  /** Whose midnight parts the days. */
  get zone(): string {
    return this.setting("cutoff.zone") || this.setting("time-zone");
  }

  #at(path: readonly string[]): unknown {
    let value: unknown = this.#file;
    for (const key of path) value = (value as Record<string, unknown> | undefined)?.[key];
    return value;
  }
}
