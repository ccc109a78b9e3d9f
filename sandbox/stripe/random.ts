import { randomBytes } from "node:crypto";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const POOL_BYTES = 16_384;
let pool = randomBytes(POOL_BYTES);
let used = 0;

/**
 * `length` random letters and digits, as in Stripe's ids. They come from the machine's randomness
 * and not from a seed: a sandbox that is restored to yesterday must not issue an id again.
 */
export function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    if (used >= POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const byte = pool[used++] ?? 0;
    // 248 is the largest multiple of 62 in a byte; above it letters would come unevenly.
    if (byte < 248) text += LETTERS.charAt(byte % 62);
  }
  return text;
}

const ID_FORMS = {
  customer: ["cus_", 14],
  tax_id: ["txi_1", 23],
  product: ["prod_", 14],
  price: ["price_1", 23],
  coupon: ["", 8],
  tax_rate: ["txr_1", 23],
  discount: ["di_1", 23],
  payment_method: ["pm_1", 23],
  payment_intent: ["pi_3", 23],
  charge: ["ch_3", 23],
  payment: ["py_3", 23],
  refund: ["re_3", 23],
  balance_transaction: ["txn_3", 23],
  dispute: ["du_1", 23],
  payout: ["po_1", 23],
  topup: ["tu_1", 23],
  conversion: ["fxc_1", 23],
  invoice: ["in_1", 23],
  credit_note: ["cn_1", 23],
  credit_note_line: ["cnli_1", 23],
  customer_balance_transaction: ["cbtxn_1", 23],
  invoice_line: ["il_1", 23],
  invoiceitem: ["ii_1", 23],
  invoice_payment: ["inpay_1", 23],
  checkout_session: ["cs_test_a1", 56],
  checkout_line: ["li_1", 23],
  test_clock: ["clock_1", 23],
  event: ["evt_3", 23],
  webhook_endpoint: ["we_1", 23],
  report_run: ["frr_1", 23],
  file: ["file_1", 23],
  delivery: ["wd_", 24],
  request: ["req_", 14],
} as const satisfies Record<string, readonly [string, number]>;

/** A new id in Stripe's form for that kind of object. */
export function newId(kind: keyof typeof ID_FORMS): string {
  const [prefix, length] = ID_FORMS[kind];
  return prefix + randomText(length);
}

/** A repeatable stream of numbers from 0 up to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
