import { z } from "zod";
import { HubError } from "../base/errors.ts";
import { issueWords } from "../base/issue-words.ts";

/**
 * Reads a query, body or path by its schema.
 *
 * @throws HubError `api.invalid` with the first wrong field and, where the schema has one, a value
 *   that would do
 */
export function readInput<T extends z.ZodObject>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value ?? {}, { error: issueWords });
  if (result.success) return withoutNul(result.data);
  const issue = result.error.issues[0];
  const unknownKey = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const field = unknownKey ?? issue?.path.map(String).join(".") ?? "";
  const example = exampleOf(schema, String(issue?.path[0] ?? ""));
  const known = Object.keys(schema.shape).join(", ");
  const words =
    unknownKey === undefined ? (issue?.message ?? "is wrong") : `is unknown; there are: ${known}`;
  throw new HubError("api.invalid", `${field === "" ? "The request" : field} ${words}`, {
    facts: { field, ...(example === undefined ? {} : { example }) },
  });
}

/** The database holds every character in a text but this one. */
function withoutNul<T>(value: T): T {
  const field = nulAt(value, "");
  if (field === undefined) return value;
  throw new HubError("api.invalid", `${field} must not hold the character U+0000`, {
    facts: { field },
  });
}

/** Where a text with it stands, as a path. */
function nulAt(value: unknown, at: string): string | undefined {
  if (typeof value === "string") return value.includes("\0") ? at : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const found = nulAt(part, at === "" ? key : `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function exampleOf(schema: z.ZodObject, field: string): string | undefined {
  const part: unknown = schema.shape[field];
  for (let type = part; type instanceof z.ZodType; type = innerOf(type)) {
    const example = type.meta()?.example;
    if (typeof example === "string") return example;
  }
  return undefined;
}

function innerOf(type: z.ZodType): unknown {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault ? type.unwrap() : undefined;
}
