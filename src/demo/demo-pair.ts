import type { SlSandboxReady, StripeSandboxReady } from "./sandbox-ready.ts";

/** The pair that joins the two sandboxes, with the accounts and terms of SL's demo company. */
export const DEMO_PAIR = "demo";

/**
 * The settings of the demo pair as they stand in `slipway.yaml`, secrets still plain: whoever saves
 * them seals them.
 */
export function demoSettings(options: {
  stripe: StripeSandboxReady;
  sl: SlSandboxReady;
  webhookSecret: string;
}): Readonly<Record<string, unknown>> {
  const { stripe, sl, webhookSecret } = options;
  const account = (number: string) => `${number}/${DEMO_SUBACCOUNT}`;
  return {
    stripe: {
      "secret-key": stripe.secretKey,
      "webhook-secrets": [webhookSecret],
      "api-base": stripe.url,
      livemode: false,
    },
    sl: {
      url: sl.url,
      user: sl.user,
      password: sl.password,
      "site-id": sl.siteId,
      "site-key": sl.siteKey,
      "company-id": sl.companyId,
      "base-currency": "USD",
    },
    "time-zone": "America/New_York",
    accounts: {
      clearing: { USD: account("1095") },
      ar: account("1210"),
      sales: account("4010"),
      shipping: account("4050"),
      tax: account("2200"),
      rounding: account("6900"),
      "in-process": account("2050"),
      "bad-debt": account("6200"),
      ...disputeAccounts(account),
      transit: { USD: account("1090") },
      bank: { USD: account("1010") },
      ...ledgerAccounts(account),
      returns: {
        requested: account("4100"),
        duplicate: account("4101"),
        fraudulent: account("4102"),
        "credit-note": account("4103"),
        "before-start": account("4105"),
        expired: account("4106"),
        dispute: account("4104"),
      },
    },
    descriptions: [{ contains: "Billing", fee: "billing" }],
    // Stripe's own CLI triggers payments of nobody: they are booked on the web shop's customer.
    customer: { class: "RETAIL", fallback: "WEBSHOP" },
    terms: { paid: "01" },
    // Read in mode sales-order alone: so that `mode` is all that has to be changed to try it.
    order: { charges: { tax: "TAX", shipping: "SHIPPING", rounding: "ROUNDING" } },
    item: { default: "DEFAULT-ITEM" },
  };
}

/** Accounts of disputed money. */
function disputeAccounts(account: (number: string) => string): Readonly<Record<string, unknown>> {
  return {
    "dispute-receivable": account("1250"),
    "dispute-loss": account("6120"),
    "bad-debt-recovered": account("4900"),
    "fx-gain": account("6910"),
    "fx-loss": account("6920"),
  };
}

/** Accounts of fees and of all else that moves the Stripe balance. */
function ledgerAccounts(account: (number: string) => string): Readonly<Record<string, unknown>> {
  return {
    fee: {
      stripe: account("6100"),
      application: account("6101"),
      network: account("6102"),
      tax: account("6103"),
      "withheld-tax": account("6104"),
      billing: account("6105"),
      dispute: account("6110"),
    },
    suspense: account("2900"),
    opening: account("3100"),
    "stripe-reserve": account("1098"),
    "connect-payable": account("2300"),
    "connect-reserve": account("2310"),
    "platform-income": account("4040"),
    loan: account("2320"),
    issuing: account("2330"),
    prefunding: account("2340"),
    unreconciled: account("2350"),
    contribution: account("6300"),
    "balance-payments": account("2360"),
  };
}

const DEMO_SUBACCOUNT = "000000000000";
