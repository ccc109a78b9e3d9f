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
  return masked(body, secrets).replace(NOT_ENTERED, "").replace(PADDING, "");
}

/** A text of the other side with every one of `secrets` masked. */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, MASK), text);
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
  const written = plain.flatMap((secret) => [secret, escapeXml(secret), asDotNetWrites(secret)]);
  const forms = [basic, ...written].filter((form) => form !== "");
  // The longest first: one secret may be part of another.
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** Content of an element as .NET writes it: quotes stay. */
function asDotNetWrites(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
