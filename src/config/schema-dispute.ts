import { glAccount, oneOf, section } from "./section.ts";

/** Accounts of disputed money; each is needed once it happens. */
export const disputeAccounts = {
  "dispute-receivable": glAccount().optional(),
  "dispute-loss": glAccount().optional(),
  "bad-debt-recovered": glAccount().optional(),
  "fx-gain": glAccount().optional(),
  "fx-loss": glAccount().optional(),
};

/** How disputes are booked, and what becomes of one that is lost. */
export const disputeSettings = {
  dispute: section({
    policy: oneOf(["receivable", "reverse-sale", "customer"]).default("receivable"),
    lost: oneOf(["leave-open", "bad-debt"]).default("leave-open"),
  }).prefault({}),
};
