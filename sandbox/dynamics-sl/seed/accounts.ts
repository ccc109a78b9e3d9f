/** A GL account of the demo company: number, text, type letter with its sort digit, currency. */
export type SeedAccount = Readonly<{
  acct: string;
  name: string;
  type: string;
  /** Set for a denominated account. */
  currency?: string;
  isInactive?: true;
}>;

/** The chart of accounts; every role of a Stripe pair has one. */
export const SEED_ACCOUNTS: readonly SeedAccount[] = [
  { acct: "1010", name: "Cash - checking", type: "1A" },
  { acct: "1011", name: "Cash - savings", type: "1A" },
  { acct: "1030", name: "Bank EUR", type: "1A", currency: "EUR" },
  { acct: "1031", name: "Bank GBP", type: "1A", currency: "GBP" },
  { acct: "1090", name: "Stripe payouts in transit", type: "1A" },
  { acct: "1091", name: "Stripe in transit EUR", type: "1A", currency: "EUR" },
  { acct: "1092", name: "Stripe in transit GBP", type: "1A", currency: "GBP" },
  { acct: "1095", name: "Stripe clearing", type: "1A" },
  { acct: "1096", name: "Stripe clearing EUR", type: "1A", currency: "EUR" },
  { acct: "1097", name: "Stripe clearing GBP", type: "1A", currency: "GBP" },
  { acct: "1098", name: "Stripe reserve", type: "1A" },
  { acct: "1099", name: "Stripe wash", type: "1A" },
  { acct: "1200", name: "Accounts receivable", type: "1A" },
  { acct: "1210", name: "Accounts receivable - retail", type: "1A" },
  { acct: "1250", name: "Dispute receivable", type: "1A" },
  { acct: "1251", name: "Dispute receivable EUR", type: "1A", currency: "EUR" },
  { acct: "1290", name: "Stripe bridge", type: "1A" },
  { acct: "1299", name: "Old receivable (inactive)", type: "1A", isInactive: true },
  { acct: "1300", name: "Inventory", type: "1A" },
  { acct: "2050", name: "Payments in process", type: "2L" },
  { acct: "2100", name: "Customer prepayments", type: "2L" },
  { acct: "2200", name: "Sales tax payable", type: "2L" },
  { acct: "2210", name: "VAT payable", type: "2L" },
  { acct: "2300", name: "Connect payable", type: "2L" },
  { acct: "2310", name: "Connect reserve", type: "2L" },
  { acct: "2320", name: "Stripe loan", type: "2L" },
  { acct: "2330", name: "Stripe issuing", type: "2L" },
  { acct: "2340", name: "Stripe prefunding", type: "2L" },
  { acct: "2350", name: "Unreconciled customer funds", type: "2L" },
  { acct: "2360", name: "Stripe balance payments", type: "2L" },
  { acct: "2900", name: "Stripe suspense", type: "2L" },
  { acct: "3000", name: "Retained earnings", type: "2L" },
  { acct: "3010", name: "Year to date net income", type: "2L" },
  { acct: "3100", name: "Stripe opening balance", type: "2L" },
  { acct: "4010", name: "Sales - products", type: "3I" },
  { acct: "4020", name: "Sales - services", type: "3I" },
  { acct: "4030", name: "Sales - subscriptions", type: "3I" },
  { acct: "4040", name: "Platform income", type: "3I" },
  { acct: "4050", name: "Shipping income", type: "3I" },
  { acct: "4090", name: "Sales discounts", type: "3I" },
  { acct: "4100", name: "Returns - requested", type: "3I" },
  { acct: "4101", name: "Returns - duplicate", type: "3I" },
  { acct: "4102", name: "Returns - fraudulent", type: "3I" },
  { acct: "4103", name: "Returns - credit note", type: "3I" },
  { acct: "4104", name: "Returns - dispute", type: "3I" },
  { acct: "4105", name: "Returns - before start", type: "3I" },
  { acct: "4106", name: "Returns - expired", type: "3I" },
  { acct: "4900", name: "Bad debt recovered", type: "3I" },
  { acct: "5000", name: "Cost of goods sold", type: "4E" },
  { acct: "6100", name: "Stripe fees", type: "4E" },
  { acct: "6101", name: "Stripe application fees", type: "4E" },
  { acct: "6102", name: "Stripe network fees", type: "4E" },
  { acct: "6103", name: "Tax on Stripe fees", type: "4E" },
  { acct: "6104", name: "Withheld tax", type: "4E" },
  { acct: "6105", name: "Stripe Billing fees", type: "4E" },
  { acct: "6110", name: "Dispute fees", type: "4E" },
  { acct: "6120", name: "Dispute loss", type: "4E" },
  { acct: "6200", name: "Bad debt", type: "4E" },
  { acct: "6300", name: "Contributions", type: "4E" },
  { acct: "6900", name: "Rounding", type: "4E" },
  { acct: "6910", name: "Realised exchange gain", type: "4E" },
  { acct: "6920", name: "Realised exchange loss", type: "4E" },
];

/** Subaccounts: six segments of 2,3,2,2,2,1 characters, stored without separators. */
export const SEED_SUBACCOUNTS = [
  { sub: "000000000000", name: "Default" },
  { sub: "030000000000", name: "Web shop" },
  { sub: "030100000000", name: "Web shop Europe" },
  { sub: "990000000000", name: "Closed department", isInactive: true },
] as const;

/** The subaccount that everything seeded stands on. */
export const DEFAULT_SUB = "000000000000";
