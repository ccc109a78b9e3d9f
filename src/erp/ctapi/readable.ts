import { escapeXml } from "./xml.ts";

/**
 * Elements that hold what SL has where nobody entered anything: no content, blanks, zero, or its
 * date for none. Screens are mostly made of them, and they tell nothing.
 */
const NOT_ENTERED = /<([\w.:-]+)(?: [^<>]*)?(?:\/>|>(?: *|0(?:\.0*)?|1900-01-01T00:00:00)<\/\1>)/g;
/** Blanks to a field's width. */
const PADDING = / +(?=<\/)/g;
const MASK = "***";

/**
 * Makes a body fit to be read by people: every one of `secrets` masked, also as XML or Basic
 * credentials write it, fields without padding, and elements left out that hold what SL has where
 * nobody entered anything: blanks, 0, 1900-01-01.
 */
export function readable(body: string, secrets: readonly string[]): string {
  let text = body;
  for (const secret of secrets) text = text.replaceAll(secret, MASK);
  return text.replace(NOT_ENTERED, "").replace(PADDING, "");
}

/** Every form of the login's and the header's secrets in which a body could show them. */
export function secretForms(login: {
  user: string;
  password: string;
  others: readonly string[];
}): string[] {
  const { user, password, others } = login;
  const plain = [password, ...others];
  const basic = Buffer.from(`${user}:${password}`, "utf8").toString("base64");
  const forms = [basic, ...plain, ...plain.map(escapeXml)].filter((form) => form !== "");
  // The longest first: one secret may be part of another.
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
