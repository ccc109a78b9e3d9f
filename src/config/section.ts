import { z } from "zod";

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
type CamelKeys<T> = { readonly [K in keyof T as K extends string ? Camel<K> : K]: T[K] };

/**
 * A part of the settings: kebab-case keys in the file, camelCase keys in the code, unknown keys
 * refused. Records inside (product ids, currencies) keep their keys as they are.
 */
export function section<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape).transform((value) => camelKeys(value));
}

function camelKeys<T extends object>(value: T): CamelKeys<T> {
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    key.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
    inner,
  ]);
  return Object.fromEntries(entries) as CamelKeys<T>;
}

/** A text of 1 to `max` characters. */
export function text(max: number) {
  const rule = `must be a text of 1 to ${max} characters`;
  return z.string(rule).trim().min(1, rule).max(max, rule);
}

/** A text that `pattern` matches wholly; `rule` says what it must be. */
export function matching(pattern: RegExp, rule: string) {
  return z.string(rule).regex(pattern, rule);
}

export function wholeNumber(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.number(rule).int(rule).min(min, rule).max(max, rule);
}

/**
 * One of `now`. Values of `later` are known words that this version does not do yet; they are
 * refused with a sentence of their own, since "unknown" would send people hunting for a typo.
 */
export function oneOf<const T extends readonly [string, ...string[]]>(
  now: T,
  later: readonly string[] = [],
) {
  const rule = now.length === 1 ? `must be ${now[0]}` : `must be one of ${now.join(", ")}`;
  return z.enum(now, {
    error: (issue) =>
      later.includes(String(issue.input))
        ? `${String(issue.input)} is not done by this version; it ${rule}`
        : rule,
  });
}

/** An http or https address. Plain http is refused where it would leave the machine. */
export function httpUrl(options: Readonly<{ isPlainHttpLocalOnly: boolean }>) {
  return z.string("must be a URL").superRefine((value, context) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    const problem = urlProblem(parsed, options.isPlainHttpLocalOnly);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}

function urlProblem(url: URL | undefined, isPlainHttpLocalOnly: boolean): string | undefined {
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    return "must be an http or https URL";
  }
  if (url.username !== "" || url.password !== "") return "must not hold a user or a password";
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (isPlainHttpLocalOnly && url.protocol === "http:" && !isLocal) {
    return "must be https, except on this machine";
  }
  return undefined;
}

/** A time zone by its IANA name. */
export function timeZone() {
  const rule = "must be an IANA time zone";
  return z.string(rule).refine(isTimeZone, rule);
}

function isTimeZone(name: string): boolean {
  // Offsets such as "+01:00" are accepted by Intl, but they know no daylight saving time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const ACCOUNT_RULE =
  "must name account (10 characters) and subaccount (24): " +
  "`4000/000000000000` or {account, subaccount}";

/** A GL account with its subaccount, written `4000/000000000000` or as an object of the two. */
export function glAccount() {
  return z.unknown().transform((value, context) => {
    const parts = accountParts(value);
    if (parts !== undefined) return parts;
    const message = value === undefined || value === null ? "is missing" : ACCOUNT_RULE;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** Account and subaccount of either written form, or undefined for anything else. */
export function accountParts(value: unknown): { account: string; subaccount: string } | undefined {
  const [account, subaccount, ...more] =
    typeof value === "string" ? value.split("/") : objectParts(value);
  if (account === undefined || subaccount === undefined || more.length > 0) return undefined;
  const isValid = /^\S{1,10}$/.test(account) && /^\S{1,24}$/.test(subaccount);
  return isValid ? { account, subaccount } : undefined;
}

function objectParts(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { account, subaccount, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return [];
  return [account, subaccount].filter((part) => typeof part === "string");
}
