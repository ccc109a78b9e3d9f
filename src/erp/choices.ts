/** A record of SL with its id and what SL calls it. */
export type Choice = Readonly<{ id: string; description: string }>;

/** What a site has to choose from when a pair is set up. */
export type SiteChoices = Readonly<{
  version: string;
  companies: readonly (Choice & Readonly<{ baseCurrency: string }>)[];
  /** Active ones of the company. */
  accounts: readonly Choice[];
  subaccounts: readonly Choice[];
  classes: readonly Choice[];
  terms: readonly Choice[];
  /** First open periods of AR and GL; undefined where the site lacks the set-up view. */
  open: Readonly<{ receivables: string; ledger: string }> | undefined;
}>;
