import { z } from "zod";
import { isCalendarDate } from "../base/calendar-date.ts";

/** An instant as ISO 8601 with its offset. */
export const instant = z.iso.datetime({ offset: true });

/** The id of a pair. */
export const pairId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 lower-case letters, digits and dashes")
  .meta({ example: "acme-us" });

/** A fiscal period of SL's calendar. */
export const fiscalPeriod = z
  .string()
  .regex(/^20\d{2}(0[1-9]|1[0-3])$/, "must be a fiscal period of 2000 to 2099, YYYYPP")
  .meta({ example: "202603" });

/** Longest list that one answer holds; more is read with `before`. */
export const PAGE_ROWS_MAX = 200;
/** Rows of a list when the caller does not say. */
export const PAGE_ROWS_DEFAULT = 50;

/** The body of every answer that is not 2xx. */
export const ErrorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** What a person does about it. */
    cure: z.string().optional(),
    requestId: z.string(),
    /** The setting, query parameter or body field that is wrong, with one that would do. */
    field: z.string().optional(),
    example: z.string().optional(),
  }),
});
export type ErrorAnswer = z.output<typeof ErrorAnswer>;

/** Where a list goes on: the `next` of the page before. */
export const cursor = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "must be the `next` of an earlier answer")
  .meta({ example: "1042" });
/** Rows of a page. */
export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(PAGE_ROWS_MAX)
  .default(PAGE_ROWS_DEFAULT)
  .meta({ example: String(PAGE_ROWS_DEFAULT) });
/** An id or a name without blanks. */
export const word = z
  .string()
  .regex(/^[A-Za-z0-9_.:@+-]{1,255}$/, "must be 1 to 255 letters, digits and _.:@+-");

/** A page of `rows`, newest first; `next` is the `before` of the page after it. */
export function page<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), next: z.string().nullable() });
}

/** Facts beside a text: names and values. */
export const facts = z.record(z.string(), z.unknown());

const rowNumber = z.string().regex(/^[1-9]\d{0,17}$/, "must be a number, such as 12");
export const NumberedParams = z.strictObject({ id: rowNumber });

/** A day of books: Stripe and its balance are of this century. */
export const bookDay = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, "must be a day, YYYY-MM-DD")
  .regex(/^20/, "must be a day from 2000 to 2099")
  .refine(isCalendarDate, "must be a day that there is");

/** A person's name, as it is kept. */
export const person = z.string().trim().min(1).max(80);
/** Who commands; a program that says nothing is named as what it is. */
export const by = person.default("the API").meta({ example: "maria" });
/** A sentence or two of a person. */
export const words = z.string().trim().min(1).max(500);

/** How a report is wanted as a file. */
export const fileQuery = {
  paper: z.enum(["a4", "letter"], "must be a4 or letter").default("a4"),
  /** Whether the page links to the other files beside it. */
  links: z.enum(["true", "false"], "must be true or false").default("true"),
};
