import { z } from "zod";
import { glAccount, matching, oneOf, section, text, wholeNumber } from "./section.ts";

const feeName = () =>
  matching(/^[a-z][a-z0-9-]{0,29}$/, "must be a name of small letters, such as `billing`");
const categoryName = () =>
  matching(/^[a-z][a-z0-9_]{0,59}$/, "must be a reporting category or type of Stripe's");

/** Accounts of what moves the Stripe balance and is no sale; each is needed once it happens. */
export const ledgerAccounts = {
  fee: z.record(feeName(), glAccount(), "must map kinds of fees to accounts").default({}),
  suspense: glAccount().optional(),
  opening: glAccount().optional(),
  bridge: glAccount().optional(),
  wash: glAccount().optional(),
  "stripe-reserve": glAccount().optional(),
  "connect-payable": glAccount().optional(),
  "connect-reserve": glAccount().optional(),
  "platform-income": glAccount().optional(),
  loan: glAccount().optional(),
  issuing: glAccount().optional(),
  prefunding: glAccount().optional(),
  unreconciled: glAccount().optional(),
  contribution: glAccount().optional(),
  "balance-payments": glAccount().optional(),
};

const descriptionSchema = section({
  contains: text(100),
  fee: feeName().optional(),
  account: glAccount().optional(),
}).refine(
  ({ fee, account }) => (fee === undefined) !== (account === undefined),
  "must name either fee or account",
);

/** How fees and the other rows of the Stripe balance become journals. */
export const ledgerSettings = {
  clearing: section({ "cash-account": oneOf(["no", "yes"]).default("no") }).prefault({}),
  fees: oneOf(["per-day", "per-row", "per-payout"]).default("per-day"),
  "fees-wait": wholeNumber(1, 60).default(7),
  category: oneOf(["per-day", "per-row"]).default("per-day"),
  "unknown-category": oneOf(["suspense", "park"]).default("suspense"),
  categories: z
    .record(categoryName(), glAccount(), "must map categories or types to accounts")
    .default({}),
  descriptions: z
    .array(descriptionSchema, "must be a list of {contains, fee} or {contains, account}")
    .default([]),
  "journal-delay": wholeNumber(0, 48).default(2),
  summary: oneOf(["off", "daily"]).default("off"),
  "summary-delay": wholeNumber(0, 48).default(2),
};
