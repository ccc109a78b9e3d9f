import { base32, sha256 } from "../base/ids.ts";
import { latinText } from "../base/transliterate.ts";

/**
 * A text as SL can hold it. `isCut` means that the end is missing, `isAltered` that a character
 * was replaced or left out; either way the full text belongs into the document's note.
 */
export type FittedText = Readonly<{ text: string; isCut: boolean; isAltered: boolean }>;

/**
 * Fits a text into a column of `width` characters of the database's single-byte code page
 * (Latin-1). The rule, in order:
 * 1. line ends and tabs become blanks; other control and invisible characters go away
 * 2. what Latin-1 has stays as it is (é stays é), except `~`, which SL flips names around: it
 *    becomes `-`
 * 3. what has a plain spelling gets it (ł → l, “ → ", € → EUR, Cyrillic and Greek by letter)
 * 4. any other visible character becomes one `?`
 * 5. blanks at both ends go, runs of blanks become one
 * 6. what is beyond the width is cut off, and blanks before the cut with it
 *
 * Fitting a fitted text again changes nothing.
 */
export function fitText(full: string, width: number): FittedText {
  const trimmed = squeeze(full.normalize("NFC"));
  const latin = squeeze(latinText(trimmed));
  const text = latin.slice(0, width).trimEnd();
  return { text, isCut: text.length < latin.length, isAltered: latin !== trimmed };
}

/** Whether a text goes into SL unchanged. */
export function fits(full: string, width: number): boolean {
  return fitText(full, width).text === full;
}

/** A text of any length for notes: its characters stay, only control characters go away. */
export function noteText(full: string): string {
  return squeeze(full.replace(/[\p{Cc}\p{Cs}]/gu, " "));
}

/**
 * A Stripe id in at most 30 characters: itself where it fits, else its first 19, a dot, and 10
 * characters of a hash over all of it. Equal ids give equal short forms, for ever.
 */
export function shortStripeId(id: string): string {
  return id.length <= 30 ? id : `${id.slice(0, 19)}.${base32(sha256(id)).slice(0, 10)}`;
}

function squeeze(text: string): string {
  return text.replace(/[\s\u00a0]+/gu, " ").trim();
}
