import { counted } from "./counted.ts";

/** What a validator found, as far as words are made of it. */
export type ValueIssue = Readonly<{
  code?: string | undefined;
  expected?: unknown;
  origin?: unknown;
  minimum?: unknown;
  maximum?: unknown;
  values?: unknown;
  format?: unknown;
  input?: unknown;
}>;

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of settings",
  record: "a map of settings",
};

const FORMATS: Readonly<Record<string, string>> = {
  date: "must be a day that there is, such as 2026-11-01",
  datetime: "must be an instant, such as 2026-11-01T08:00:00Z",
  url: "must be a URL",
};

/**
 * The rule that a value breaks, in words that follow its name: "must be at least 1". For what a
 * schema has no words of its own; undefined leaves it to the validator.
 */
export function issueWords(issue: ValueIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `must be ${KINDS[String(issue.expected)] ?? String(issue.expected)}`;
    case "invalid_value":
      return `must be ${oneOf(Array.isArray(issue.values) ? issue.values : [])}`;
    case "too_small":
      if (issue.origin === "string" && Number(issue.minimum) === 1) return "must not be empty";
      return `must ${bound(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum)}`;
    case "invalid_format":
      return FORMATS[String(issue.format)] ?? "is not written as it must be";
    case "invalid_union":
      return "is none of the forms that it may have";
    case "invalid_key":
      return "has a name that it must not have";
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map(String);
  const last = words.pop() ?? "";
  return words.length === 0 ? last : `${words.join(", ")} or ${last}`;
}

function bound(origin: unknown, word: string, limit: unknown): string {
  if (origin === "string") return `have ${word} ${counted(Number(limit), "character")}`;
  if (origin === "array") return `have ${word} ${counted(Number(limit), "entry", "entries")}`;
  return `be ${word} ${String(limit)}`;
}
