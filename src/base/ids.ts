import { hash, randomBytes } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base32 of RFC 4648 without padding. */
export function base32(bytes: Uint8Array): string {
  let bits = 0;
  let value = 0;
  let text = "";
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

export function sha256(text: string | Uint8Array): Uint8Array {
  return hash("sha256", text, "buffer");
}

/** An id of 26 characters for a thing of our own that nobody has to foresee. */
export function randomId(): string {
  return base32(randomBytes(16));
}

/** Marks the keys of documents that only ask what a site can do; no intent's key begins so. */
const PROBE = "PROBE-";

/** A key of 26 characters for a test document: never taken for one of an intent. */
export function probeKey(): string {
  return `${PROBE}${randomId().slice(0, 26 - PROBE.length)}`;
}

export function isProbeKey(key: string): boolean {
  return key.startsWith(PROBE);
}

/** What the memos of refunds and credit notes are for. */
export const REFUND_PURPOSES = [
  "refund-cash",
  "refund-cause",
  "refund-back-cash",
  "refund-back-cause",
  "credit-note",
] as const;
export type RefundPurpose = (typeof REFUND_PURPOSES)[number];

export function isRefundPurpose(purpose: string): purpose is RefundPurpose {
  return (REFUND_PURPOSES as readonly string[]).includes(purpose);
}

/** What a document of a dispute is for: a journal, or by its policy a memo of the customer. */
export const DISPUTE_PURPOSES = ["dispute-open", "dispute-back", "dispute-close"] as const;

/** What a journal of the ledger is for. */
export const JOURNAL_PURPOSES = [
  "pending",
  "pending-back",
  "fee",
  "category",
  "payout-out",
  "payout-in",
  "payout-back",
  ...DISPUTE_PURPOSES,
  "bridge",
  "wash",
  "opening",
] as const;
export type JournalPurpose = (typeof JOURNAL_PURPOSES)[number];

/** Whether what is booked for this purpose is a journal, whose number is its batch's. */
export function isJournalPurpose(purpose: string): purpose is JournalPurpose {
  return (JOURNAL_PURPOSES as readonly string[]).includes(purpose);
}

/** What the documents of a day's sales and refunds are for, beside what applies them. */
export const SUMMARY_PURPOSES = ["summary", "payment", "refund-cash", "refund-cause"] as const;

/** What a document is for; part of its intent key. */
export type Purpose =
  | "customer"
  | "customer-update"
  | "ship-to"
  | "order"
  | "invoice"
  | "summary"
  | "payment"
  | "apply"
  | "share-out"
  | "rounding"
  | "return"
  | "reverse"
  | JournalPurpose
  | RefundPurpose
  | "writeback";

export type IntentIdentity = Readonly<{
  pair: string;
  /** The Stripe object whose fact it is. */
  object: string;
  purpose: Purpose;
  /** Which of several equal documents; empty where there is one. */
  part: string;
  generation: number;
}>;

/** What was voided, refused or reversed this often is not found by guessing further. */
const GENERATIONS_TRIED = 20;

/**
 * The 26 characters by which SL's documents are found again: the first of base32(SHA-256) over the
 * identity, one part a line. Equal identities give equal keys for ever, also after a restore.
 */
export function intentKey(identity: IntentIdentity): string {
  const { pair, object, purpose, part, generation } = identity;
  const text = ["slipway1", pair, object, purpose, part, String(generation)].join("\n");
  return base32(sha256(text)).slice(0, 26);
}

/**
 * Which of several identities has this key, in which generation; undefined where none has. Nearly
 * everything in SL is of the first generation: that of all of them is tried before any second one.
 */
export function identityOfKey(
  slots: readonly Omit<IntentIdentity, "generation">[],
  key: string,
): IntentIdentity | undefined {
  for (let generation = 0; generation < GENERATIONS_TRIED; generation += 1) {
    const slot = slots.find((one) => intentKey({ ...one, generation }) === key);
    if (slot !== undefined) return { ...slot, generation };
  }
  return undefined;
}

/** Which generation of an identity has this key; undefined for a key that is not one of it. */
export function generationOfKey(
  slot: Omit<IntentIdentity, "generation">,
  key: string,
): number | undefined {
  return identityOfKey([slot], key)?.generation;
}

/** Whether a text is a key as `intentKey` makes them; else the field is somebody else's. */
export function isIntentKey(text: string): boolean {
  return /^[A-Z2-7]{26}$/.test(text);
}

/**
 * A number of `length` characters that we choose for a document, from its key: never a sequence,
 * so that a restored database cannot give it out twice. `n` counts up when SL holds the number
 * for another key.
 */
export function chosenNumber(key: string, n: number, length = 10): string {
  return base32(sha256(`${key}:${n}`)).slice(0, length);
}
