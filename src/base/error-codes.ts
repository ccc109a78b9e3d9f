import type { ErrorCategory, Retry } from "./error-kinds.ts";

type CodeEntry = Readonly<{ category: ErrorCategory; retry: Retry; cure: string }>;

const input = (cure: string): CodeEntry => ({ category: "input", retry: "never", cure });
const config = (cure: string): CodeEntry => ({ category: "config", retry: "after_fix", cure });
const mapping = (cure: string): CodeEntry => ({ category: "mapping", retry: "after_fix", cure });
const erp = (cure: string): CodeEntry => ({ category: "erp", retry: "after_fix", cure });
const conflict = (cure: string): CodeEntry => ({ category: "conflict", retry: "after_fix", cure });
const transient = (cure: string): CodeEntry => ({ category: "transient", retry: "backoff", cure });

/**
 * Every error code of the hub, with what it is and what to do about it.
 * `docs/errors.md` is generated from this table.
 */
export const ERROR_CODES = {
  "bug.unexpected": {
    category: "bug",
    retry: "after_fix",
    cure: "Report it with the request or run id; the record waits and nothing was booked twice.",
  },
  "bug.assertion": {
    category: "bug",
    retry: "after_fix",
    cure: "Report it with the request or run id; the record waits and nothing was booked twice.",
  },

  "config.invalid": config("Correct the named settings in slipway.yaml, then start again."),
  "config.file_unreadable": config("Check that the settings file exists and can be read."),
  "config.secret_missing": config("Set the named secret with `slipway pair set`."),
  "config.secret_unreadable": config(
    "The key does not fit the stored secret: put the right key file back, or set the secret again.",
  ),
  "config.pair_unknown": config("Use the id of a pair that `slipway pair show` lists."),
  "config.booked_otherwise": config(
    "Put what the message says was booked by back into slipway.yaml, and start the hub again.",
  ),
  "config.thin_event": config(
    "In Stripe, set the destination's payload style to snapshot, `slipway rebuild`, then dismiss.",
  ),
  "config.no_safe_write": config(
    "Install the views of site/sql, or allow empty batches and run doctor --probe; then resume.",
  ),
  "config.key_not_kept": config(
    "Name user fields that SL keeps in field.key and field.id; run doctor --probe, then resume.",
  ),
  "config.tax_not_kept": config(
    "Run `slipway doctor --probe`, which asks the site; where it says no, set tax: line. Resume.",
  ),

  "golive.no_start": config("Set `start` of the pair to the day of going live, YYYY-MM-DD."),
  "golive.own_bookings": config(
    "Take `start` away, or set it to before the first booking: what the hub booked opens nothing.",
  ),
  "golive.not_yet": input("Wait until the day named by `start` has begun."),
  "backfill.before_start": input("Begin at the pair's start, or add --before-start."),
  "backfill.running": input("Wait for it, or cancel it: `slipway backfill status`."),
  "backfill.none": input("Start one: `slipway backfill run`."),
  "golive.changed": input("Run `slipway golive` again, look at the entries, and confirm those."),

  "db.unavailable": transient("The hub goes on by itself when the database answers again."),
  "db.not_durable": config(
    "Let the server bring commits to its disk, as the message says, then start again.",
  ),
  "db.migration_failed": config("Read the named migration's error, mend its cause, start again."),
  "db.migration_changed": config("Put the released file back: an applied migration never changes."),
  "db.schema_newer": config("Start the newer hub version that this database belongs to."),
  "db.hub_at_work": config("Stop every hub that works on this database, then start again."),
  "db.embedded_failed": config("Read the server log that the message names."),
  "db.embedded_major": config("Follow the procedure in the message to move the data."),
  "db.embedded_busy": config("Stop the other server that uses this data folder."),
  "db.backup_failed": config("Read the message; nothing was changed in the running database."),
  "db.restore_refused": config("Restore into an empty home while no hub runs on it."),

  "intake.signature_missing": input("Send Stripe's webhooks here, with their Stripe-Signature."),
  "intake.signature_invalid": input("Check that the pair has this endpoint's signing secret."),
  "intake.signature_stale": input("Check the clock of this machine; Stripe sends a new try."),
  "intake.body_too_large": input("Stripe's events are far below 1 MiB; check the sender."),
  "intake.body_invalid": input("The body must be one JSON event, sent uncompressed."),
  "intake.pair_unknown": input("Use the webhook URL that `slipway pair show` prints."),
  "intake.webhooks_off": input("Delete the endpoint at Stripe, or set stripe.intake to both."),
  "intake.unavailable": transient("Stripe sends the event again when the database is back."),

  "money.currency_unknown": mapping("Use an ISO code that Stripe supports."),
  "money.rate": mapping("Correct the currency's rate in SL, then resume."),
  "money.currency_mismatch": {
    category: "bug",
    retry: "after_fix",
    cure: "Report it: two currencies met in one sum.",
  },
  "money.precision": mapping(
    "Give the currency enough decimals in SL, or correct `currency-exponents`, then resume.",
  ),
  "money.weights_empty": {
    category: "bug",
    retry: "after_fix",
    cure: "Report it: an amount was to be spread over nothing.",
  },

  "stripe.unavailable": transient("The hub tries again on its schedule."),
  "stripe.rate_limited": transient("The hub tries again on its schedule."),
  "stripe.balance_moves": transient("Ask again in a minute, when fewer payments come in."),
  "stripe.auth": {
    category: "auth",
    retry: "after_fix",
    cure: "Set a working key with `slipway pair set`; the pair then goes on by itself.",
  },
  "stripe.object_missing": {
    category: "stripe",
    retry: "after_fix",
    cure: "Check that the pair's key belongs to the account that sent the event.",
  },
  "stripe.refused": {
    category: "stripe",
    retry: "after_fix",
    cure: "Read Stripe's message; often the key lacks a permission it names.",
  },
  "stripe.shape": {
    category: "stripe",
    retry: "after_fix",
    cure: "Report the object id: Stripe sent a shape that the hub does not know.",
  },

  "stripe.payout_overdue": {
    category: "stripe",
    retry: "after_fix",
    cure: "Ask Stripe or the bank where the money is; the hub looks hourly and goes on by itself.",
  },

  "stripe.dispute_unpaid": {
    category: "stripe",
    retry: "after_fix",
    cure: "Ask Stripe for the money of the dispute; its row is booked when it comes, then resume.",
  },

  "mapping.product_unmapped": mapping(
    "Map the product in `items:` of the pair, or give it metadata InvtID, then resume.",
  ),
  "mapping.item_default_missing": mapping(
    "Set `item.default` for charges without lines, then resume.",
  ),
  "mapping.stock_item": mapping(
    "Map to a non-stock item, use mode sales-order, or set invoice.stock-items: no-relief; resume.",
  ),
  "mapping.rounding_cap": mapping(
    "Lines and total differ by more than the cap; correct the order, or book by hand and dismiss.",
  ),
  "mapping.journal_unbalanced": mapping(
    "The entry does not add up, and nothing of it was sent; report it with the run's id.",
  ),
  "mapping.journal_line": mapping(
    "Set the account and subaccount that the line stands for in the pair's settings, then resume.",
  ),
  "mapping.order_total": mapping(
    "Correct prices, freight or tax in SL or at Stripe, or raise order.tolerance; then resume.",
  ),
  "mapping.order_unpaid": mapping(
    "The order is placed by itself once it is paid in full; else book by hand and dismiss.",
  ),
  "mapping.amount_out_of_range": mapping(
    "This amount cannot be booked as the message says; book by hand and dismiss.",
  ),
  "mapping.customer_ambiguous": mapping(
    "Name the customer in metadata DynamicsSL_CustomerID, then resume.",
  ),
  "mapping.customer_unknown": mapping(
    "Correct metadata DynamicsSL_CustomerID, or create the customer in SL, then resume.",
  ),
  "mapping.customer_blocked": mapping("Set the SL customer active, or name another, then resume."),
  "mapping.customer_foreign": mapping(
    "Take the id of someone else's customer out of every place that the run names, then resume.",
  ),
  "mapping.customer_missing": mapping(
    "Give the charge a customer or an e-mail, or set customer.fallback, then resume.",
  ),
  "mapping.customer_auto_apply": mapping(
    "Switch AutoApply of the SL customer off, or set order.money: pp where SL exempts it; resume.",
  ),
  "mapping.customer_currency": mapping(
    "The SL customer trades in another currency; name another customer, then resume.",
  ),
  "mapping.field_invalid": mapping(
    "Correct the metadata value or the `fields:` entry, then resume.",
  ),
  "mapping.text_missing": mapping("Fill the named field in Stripe, then resume."),
  "mapping.account_missing": mapping(
    "Set the named account and subaccount of the pair, then resume.",
  ),
  "mapping.dispute_taxes": mapping(
    "Set dispute.policy to receivable or customer, or take the sale back by hand; then resume.",
  ),
  "mapping.fee_details": mapping(
    "Ask Stripe about the fee of the named row; book it by hand and dismiss, or resume.",
  ),
  "mapping.row_unknown": mapping(
    "Name its account in `categories:` or `accounts:` of the pair, then resume.",
  ),
  "mapping.period_closed": mapping(
    "Open the period in SL, or set closed-period: next-open, then resume.",
  ),
  "mapping.tax_split": mapping(
    "No SL document can carry these taxes as the message says; book by hand and dismiss.",
  ),
  "mapping.credit_unknown": mapping(
    "Name the open credit memo or payment in metadata DynamicsSL_CreditNbr of the invoice; resume.",
  ),
  "mapping.tax_unmapped": mapping(
    "Map the tax rate or its place to an SL tax id in `taxes:` of the pair, then resume.",
  ),
  "mapping.rate_missing": mapping(
    "Enter a rate of that type in SL for the day or an earlier one, then resume.",
  ),
  "mapping.currency_unsupported": mapping(
    "Change what the message names, or book by hand and dismiss.",
  ),

  "mapping.refund_exceeds": mapping(
    "More went back than the document holds; book the rest by hand in SL, then dismiss.",
  ),
  "mapping.refund_lines": mapping(
    "Correct metadata slipway_refund_lines of the refund, as in il_1Abc=12.50, il_2Def; resume.",
  ),
  "mapping.refund_word": mapping(
    "Set metadata slipway_refund of the refund to payment-only or memo, or remove it, then resume.",
  ),
  "mapping.refund_shared": mapping(
    "Several SL customers share the charge: book what went back by hand in SL, then dismiss.",
  ),
  "mapping.credit_note_differs": mapping(
    "Credit note and booked memo differ: book the difference by hand in SL, then dismiss.",
  ),
  "mapping.invoices_missing": mapping(
    "Name the SL invoices in the metadata key that the message says, then resume.",
  ),
  "mapping.invoices_invalid": mapping(
    "Correct the metadata that names the invoices, as in 000123:300.00, 000124, then resume.",
  ),
  "mapping.invoice_unknown": mapping(
    "Name the invoice as SL numbers it, zeros included, or enter it in SL, then resume.",
  ),
  "mapping.invoice_ambiguous": mapping(
    "Name the invoice with its customer, as in C300/000123, then resume.",
  ),
  "mapping.sync_word": mapping(
    "Set slipway_sync to hold, skip or force, alike for all its payments, or remove it; resume.",
  ),
  "mapping.sync_held": mapping(
    "Remove slipway_sync to book the order, or set it to skip to leave it alone, then resume.",
  ),

  "erp.unavailable": transient("The hub tries again on its schedule; the circuit shows its state."),
  "erp.busy": transient("SL was locked; the hub tries again on its schedule."),
  "erp.outcome_open": transient(
    "A call to SL had no answer; the hub reads SL until it knows what happened.",
  ),
  "erp.unanswered": erp(
    "SL fails at this very call: see the log of its web service, mend the cause, then resume.",
  ),
  "erp.auth": {
    category: "auth",
    retry: "after_fix",
    cure: "Set working SL credentials with `slipway pair set`; the pair then goes on by itself.",
  },
  "erp.refused": erp("Read SL's message, mend its cause in SL or in the mapping, then resume."),
  "erp.batch_suspended": erp(
    "SL suspended the batch; read its message, mend the cause, release or void it, then resume.",
  ),
  "erp.release_by_hand": erp(
    "Release the batch in its SL screen; the hub looks hourly and goes on, or resume at once.",
  ),
  "erp.return_by_hand": erp(
    "Reverse the payment in Payment Reversal (08.240); the hub looks hourly and ends, or resume.",
  ),
  "erp.apply_by_hand": erp(
    "Apply it (08.030), or take it back (08.240), as it says; the hub looks hourly, or resume.",
  ),
  "erp.cancel_by_hand": erp(
    "Cancel the order in Sales Orders (40.100); the hub looks hourly and goes on, or resume.",
  ),
  "erp.contract": erp("The server's contract lacks what the hub needs; update the ctAPI server."),
  "erp.not_found": erp("The SL record is gone; check that the right company is set, then resume."),

  "conflict.batch_content": conflict(
    "The held batch is not what the hub saved: void it in its screen, then resume.",
  ),
  "erp.order_unfinished": erp(
    "Ship, close or cancel the order in SL, and release its invoices there; then resume.",
  ),
  "erp.order_paid_by_hand": erp(
    "Take the payment off the order in SL, since Stripe's is booked by the hub; then resume.",
  ),
  "erp.order_left_open": erp(
    "Its money does not cover the invoice: settle the rest by hand in SL, then resume.",
  ),
  "erp.order_return_open": erp(
    "Apply the return's credit memo to the refund's debit memo in SL (08.030), or set metadata " +
      "slipway_refund of the refund to memo or payment-only, then resume.",
  ),
  "conflict.order_twice": conflict(
    "Cancel all of these orders but one in SL (40.100), then resume.",
  ),
  "conflict.order_changed": conflict(
    "Another order carries this key: look it up in SL, cancel what is wrong, then resume.",
  ),
  "conflict.draft_changed": conflict(
    "The same fact now asks for another document: reverse the first, or dismiss this one.",
  ),
  "conflict.customer_changed": conflict(
    "Make SL and Stripe alike and resume; or dismiss, and SL's value stays.",
  ),
  "conflict.journal_rows": conflict(
    "SL holds a journal of this day with other amounts: compare it with `slipway rows unowned`.",
  ),
  "conflict.key_taken": conflict("Another document carries this key; look it up in SL."),
  "conflict.foreign_document": conflict(
    "Dismiss where they book this money; else reverse them in SL, take the id off, and resume.",
  ),
  "conflict.dismissed": conflict(
    "See what was booked by hand; resume to let the hub book all of it, or dismiss again.",
  ),
  "conflict.version": {
    category: "input",
    retry: "never",
    cure: "Somebody changed it meanwhile: read it again and repeat.",
  },
  "conflict.begun": {
    category: "conflict",
    retry: "never",
    cure: "What SL holds cannot be edited; correct it in SL, then resume or dismiss the run.",
  },
  "conflict.lineage": conflict(
    "Hub and SL do not know the same newest documents: run `slipway rebuild`.",
  ),
  "conflict.rebuild_running": {
    category: "input",
    retry: "never",
    cure: "Wait for the rebuild that is under way; then call again if it is still needed.",
  },
  "reverse.not_released": conflict(
    "Let its run come to an end, or void the batch in its screen; then ask again.",
  ),
  "reverse.already": conflict("`slipway reverse --rebook` books it again, `slipway trace` tells."),
  "reverse.stands_on": conflict(
    "Reverse these first, or add --all: then they go back with it and can be booked again.",
  ),
  "reverse.applied_elsewhere": conflict(
    "Reverse these applications in Payment Reversal (08.240) and release that batch; ask again.",
  ),
  "reverse.shipped": conflict(
    "Cancel what has not shipped (40.100); goods come back by a return order, money by a refund.",
  ),
  "reverse.begun": conflict("Let it come to its end; `slipway reverse --rebook` books it again."),
  "reverse.changed": conflict(
    "Take it back with `slipway reverse --withdraw`, look at the plan anew and repeat.",
  ),
  "reverse.unsupported": conflict("Take it back by hand in SL, as the message says."),

  "lane.fenced": transient("Another worker took over; this one stops without writing."),
  "run.frozen": transient("The process stood still; the write was not sent and is tried again."),

  "start.no_port": config("Give a free port with --port or SLIPWAY_PORT, then start again."),
  "start.already_up": config(
    "Work with that one, stop it with Ctrl-C, or name another folder in SLIPWAY_HOME.",
  ),
  "start.failed": config("Its own last words above say why; mend that and start again."),

  "lookup.not_found": input("Check the id; SL's own ids are those of its screens."),
  "lookup.timeout": transient("Ask again, or give SL more time with `within` (at most 20 s)."),
  "lookup.busy": transient("Ask again in a second: other look-ups of this pair come first."),
  "lookup.unavailable": transient("Ask again when SL answers; `slipway lanes` shows since when."),

  "api.unauthorized": input(
    "Give the token of the hub's home folder with --token or SLIPWAY_TOKEN; over HTTP as a bearer.",
  ),
  "api.not_found": input("Check the id."),
  "api.invalid": input("Correct the named field."),
  "api.position_unknown": input(
    "Begin at another position or instant: the database was put back, or it is another hub's.",
  ),
  "api.position_gone": input(
    "Begin with from=start: events that everybody took are kept for SLIPWAY_EVENT_DAYS only.",
  ),
  "api.subscriber_exists": input("Choose another name, or remove that subscriber first."),
  "api.streams_full": transient("Close a stream that nobody reads, or come back in a minute."),
  "api.unreachable": transient("Start the hub (`slipway serve`), or set --url and --token."),
} as const satisfies Record<string, CodeEntry>;

/** A code of the table above. */
export type ErrorCode = keyof typeof ERROR_CODES;
