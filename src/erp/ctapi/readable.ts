import { escapeXml } from "./xml.ts";

/** Elements without content: screens are mostly made of them, and they tell nothing. */
const EMPTY_ELEMENT = /<([\w.:-]+)(?: [^<>]*)?(?:\/>|><\/\1>)/g;
const MASK = "***";

/**
 * Makes a body fit to be read by people: every one of `secrets` masked, also as XML or Basic
 * credentials write it, and empty elements left out.
 */
export function readable(body: string, secrets: readonly string[]): string {
  let text = body;
  for (const secret of secrets) text = text.replaceAll(secret, MASK);
  return text.replace(EMPTY_ELEMENT, "");
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
