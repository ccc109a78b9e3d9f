import { invalidRequest } from "../errors.ts";

/** A form as Stripe's clients send it, brackets resolved; lists are records with running keys. */
export type Form = { [key: string]: string | Form };

const DEPTH_MAX = 12;

/**
 * Reads `a=1&b[c]=2&d[]=3&d[]=4&e[0][f]=5`, the encoding of every Stripe client.
 *
 * @throws StripeError 400 for broken escapes and for nesting beyond 12 brackets
 */
export function parseForm(text: string): Form {
  const form = emptyForm();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const cut = pair.indexOf("=");
    const name = decode(cut < 0 ? pair : pair.slice(0, cut));
    place(form, pathOf(name), cut < 0 ? "" : decode(pair.slice(cut + 1)));
  }
  return form;
}

/** The members of a list-like form in order, whatever keys the client numbered them with. */
export function membersOf(value: string | Form): (string | Form)[] {
  return typeof value === "string" ? (value === "" ? [] : [value]) : Object.values(value);
}

function emptyForm(): Form {
  // Without a prototype a parameter named `__proto__` is only a name.
  return Object.create(null) as Form;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidRequest(`Invalid escape in the request: ${text.slice(0, 80)}`);
  }
}

function pathOf(name: string): string[] {
  const open = name.indexOf("[");
  if (open <= 0 || !name.endsWith("]")) return [name];
  const path = [name.slice(0, open), ...name.slice(open + 1, -1).split("][")];
  if (path.length > DEPTH_MAX) throw invalidRequest(`Too deeply nested: ${name.slice(0, 80)}`);
  return path;
}

function place(form: Form, path: readonly string[], value: string): void {
  let at = form;
  for (const [depth, raw] of path.entries()) {
    const isLeaf = depth === path.length - 1;
    const key = raw === "" ? listKey(at, isLeaf ? undefined : path[depth + 1]) : raw;
    if (isLeaf) {
      at[key] = value;
      return;
    }
    const inner = at[key];
    const next = inner === undefined || typeof inner === "string" ? emptyForm() : inner;
    at[key] = next;
    at = next;
  }
}

/** `x[][a]=1&x[][b]=2` fills one member until a key comes again, which opens the next one. */
function listKey(list: Form, memberKey: string | undefined): string {
  const count = Object.keys(list).length;
  const last = list[String(count - 1)];
  const fillsLast =
    memberKey !== undefined &&
    memberKey !== "" &&
    typeof last === "object" &&
    last[memberKey] === undefined;
  return String(fillsLast ? count - 1 : count);
}
