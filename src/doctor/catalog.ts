/** What a check looks at, and what it says when something is wrong. */
type CheckText = Readonly<{ looksAt: string; trouble: string }>;

const text = (looksAt: string, trouble: string): CheckText => ({ looksAt, trouble });

/** The checks of the hub as a whole. */
export const HUB_CHECKS = {
  database: text("PostgreSQL answers and brings commits to its disk", "`fsync` is off"),
  "database.migrations": text("every migration of this version is applied", "some are not"),
  "database.connections": text("PostgreSQL has connections left", "fewer than ten are free"),
  "database.clock": text("hub and database agree about the time", "they differ by over 5 s"),
  disk: text("the home folder has room", "less than 2 GB are free"),
  "key-file": text("the key is for its owner alone", "others may read the file"),
  "token-file": text("the API token is for its owner alone", "others may read the file"),
  "settings-file": text(
    "the settings are YAML, and for their owner alone",
    "the file is broken, with its line, or others may read it",
  ),
  workers: text("a hub process works on lanes", "none gives a sign of life"),
  "stray-events": text("every event has its end or its lane", "some have neither for two minutes"),
  pairs: text("there is a pair", "none is configured"),
  alerts: text("every channel of alerts takes notices", "one refused the last notice"),
} as const satisfies Record<string, CheckText>;

/** The checks of each pair. */
export const PAIR_CHECKS = {
  "stripe.access": text("Stripe takes the key", "it refuses it, or does not answer"),
  "stripe.mode": text("the key is of the mode that the pair asks for", "it is of the other"),
  "stripe.permissions": text("the key may do what the hub does", "it lacks a right, by name"),
  "stripe.webhook": text(
    "an endpoint leads here, enabled, at the hub's version, with the events that are booked",
    "there is none, Stripe has disabled it, or events are missing",
  ),
  "outcome-horizon": text(
    "the horizon covers SL's longest call",
    "it is under 330 s or `sl.call-timeout`",
  ),
  "currency-exponents": text("amounts are read by Stripe's own table", "a currency is not"),
  "item.default": text("charges without lines can be booked", "`item.default` is not set"),
  "sl.access": text("SL takes the credentials, site and company", "it refuses one of them"),
  "sl.accounts": text(
    "every account of the settings is active in SL, and kept in the currency of its money",
    "one is not",
  ),
  "sl.cash": text(
    "Cash Manager keeps no account but banks, clearing where so set, and hears of journals",
    "it keeps another one, or does not hear of them",
  ),
  "sl.terms": text("the terms exist and are due in days", "they do not, or are of instalments"),
  "sl.items": text("the items exist and can be booked", "one is missing, inactive or a stock item"),
  "sl.customers": text("the customers of the settings can be booked on", "one cannot"),
  "sl.class": text("the customer class exists", "SL has no such class"),
  "sl.taxes": text("SL has the taxes of the settings", "it lacks one, by name"),
  "sl.orders": text("order type and charges of mode `sales-order` exist", "SL lacks one"),
  "sl.small-balances": text(
    "SL leaves small balances open",
    "it writes them off by itself (`AutoApplyWO`, `SBLimit`)",
  ),
  "sl.calendar": text(
    "the fiscal calendar can be read, and SL agrees with that of the settings",
    "there is neither view nor setting, or SL is elsewhere",
  ),
  "sl.period": text("today falls into an open period", "it is closed in AR or GL"),
  "sl.decimals": text("SL keeps the decimals of each settlement currency", "it keeps fewer"),
  "sl.rates": text(
    "SL has rates for the settlement currencies",
    "it lacks one for today, or keeps the base currency alone",
  ),
  "sl.fields": text("the site shows the columns of `fields.to-stripe`", "it lacks one"),
  "sl.views": text("documents are found by key", "the views of `site/sql` are missing"),
  "sl.own-fields": text(
    "the two fields of `field.key` and `field.id` are the hub's alone",
    "recent documents of others have something there",
  ),
  "sl.ledger": text("released and held ledger lines can be read", "a view for them is missing"),
  "sl.leftovers": text("no unreleased batch of the hub is left over", "some are, by number"),
  "intake.pull": text("Stripe is asked for its events, where the pair wants it", "not lately"),
  "intake.gaps": text(
    "Stripe is asked hourly for what webhooks missed",
    "not lately, or some were",
  ),
  lineage: text("hub and SL know the same newest documents", "they were not compared, or differ"),
  "customer.review": text("every buyer is known in SL", "a person is to say who some are"),
  held: text("what rules and words keep from being booked", "told, no fault"),
  "pair.state": text("the pair is at work", "it is paused, or its circuit is open"),
  parked: text("no run waits for a person", "some do"),
  backlog: text("work is done when it is due", "a lane is due for over 15 minutes"),
  "open-outcomes": text("each send has its outcome", "one is older than twice the horizon"),
  unreleased: text("what is written is released", "a document waits for over a day"),
} as const satisfies Record<string, CheckText>;
