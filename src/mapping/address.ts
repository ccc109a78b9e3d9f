import type { Address } from "../canonical/sale.ts";
import { STATE_CODES } from "./states.ts";
import { fitText, noteText } from "./text.ts";

/** An address in SL's columns, with what did not fit in words. */
export type SlAddress = Readonly<{
  line1: string;
  line2: string;
  city: string;
  state: string;
  zip: string;
  country: string;
  notes: readonly string[];
}>;

/**
 * Cuts an address into SL's columns: two lines of 60, city 30, state 3, zip 10, country 3.
 *
 * - A first line over 60 is broken at its last blank before the 60th character (at the 60th where
 *   it has none); the rest goes before the second line, joined by a comma and a blank.
 * - The state is sent for the countries of `stateCountries` only, as SL checks it against its own
 *   table: a name becomes its code where we know it, anything of more than three letters is left
 *   out. Left-out states are named in the notes.
 * - The country is Stripe's two-letter code.
 * - Whatever was cut or altered is noted with its full value.
 */
export function fitAddress(address: Address, stateCountries: readonly string[]): SlAddress {
  const [first, second] = breakLine(address.line1, address.line2);
  const country = fitText(address.country.toUpperCase(), 3).text;
  const state = stateCode(address.state, country, stateCountries);
  const fitted = {
    line1: fitText(first, 60),
    line2: fitText(second, 60),
    city: fitText(address.city, 30),
    zip: fitText(address.postalCode, 10),
  };
  const isChanged = Object.values(fitted).some(({ isCut, isAltered }) => isCut || isAltered);
  const isStateLost = state === "" && address.state.trim() !== "";
  return {
    line1: fitted.line1.text,
    line2: fitted.line2.text,
    city: fitted.city.text,
    state,
    zip: fitted.zip.text,
    country,
    notes: isChanged || isStateLost ? [`Address in full: ${singleLine(address)}`] : [],
  };
}

/** The whole address on one line, empty parts left out: `1 Main St, Austin, TX 78701, US`. */
export function singleLine(address: Address): string {
  const { line1, line2, city, state, postalCode, country } = address;
  const region = [state, postalCode].filter((part) => part.trim() !== "").join(" ");
  return [line1, line2, city, region, country]
    .map(noteText)
    .filter((part) => part !== "")
    .join(", ");
}

function breakLine(line1: string, line2: string): [string, string] {
  const latin = fitText(line1, Number.MAX_SAFE_INTEGER).text;
  if (latin.length <= 60) return [line1, line2];
  const blank = latin.lastIndexOf(" ", 60);
  const at = blank > 0 ? blank : 60;
  const rest = latin.slice(at).trim();
  return [latin.slice(0, at), line2.trim() === "" ? rest : `${rest}, ${line2}`];
}

function stateCode(state: string, country: string, stateCountries: readonly string[]): string {
  if (!stateCountries.includes(country)) return "";
  const latin = fitText(state, 60).text;
  // A few letters of Latin-1 have their capital outside of it.
  const { text } = fitText(latin.toUpperCase(), 60);
  const code = STATE_CODES[country]?.[text.replace(/\./g, "")] ?? text;
  return code.length <= 3 ? code : "";
}
