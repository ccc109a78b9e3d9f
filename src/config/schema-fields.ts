import { z } from "zod";
import { columnNameOf, columnsOf, FIELD_RECORDS, isPayersSecret } from "../erp/columns.ts";
import { nearKeys } from "./problems.ts";
import { matching, section, text } from "./section.ts";

/** Where a value for SL may come from; `metadata.` is the merged metadata of the sale. */
const FIELD_SOURCES = [
  "invoice.id",
  "invoice.number",
  "payment-intent.id",
  "charge.id",
  "charge.method",
  "charge.description",
  "customer.id",
  "customer.email",
  "customer.name",
  "customer.phone",
  "customer.address",
  "ship-to.name",
  "ship-to.address",
] as const;

const PLAIN_SOURCES = FIELD_SOURCES.join(", ");
const SOURCE_RULE = `must be metadata.<key>, customer.metadata.<key>, or one of ${PLAIN_SOURCES}`;

const source = () =>
  z
    .string(SOURCE_RULE)
    .refine(
      (value) =>
        /^(customer\.)?metadata\.[^[\]]{1,40}$/.test(value) ||
        (FIELD_SOURCES as readonly string[]).includes(value),
      SOURCE_RULE,
    );

/** `ARDoc` means invoice and payment alike. */
const target = () =>
  matching(
    /^(ARDoc|Invoice|Payment|Customer)\.User[1-8]$/,
    "must be ARDoc, Invoice, Payment or Customer with .User1 to .User8",
  );

const toSlSchema = section({
  from: source(),
  to: target(),
  required: z.boolean("must be true or false").default(false),
  default: text(100).optional(),
});

/** No more near matches than a person reads. */
const NEAR_SHOWN = 5;

/** A column of a document of the sale, by SL's own name. */
const column = () =>
  z.string(COLUMN_RULE).superRefine((value, context) => {
    const message = columnProblem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const COLUMN_RULE =
  `must be an SL column of ${Object.keys(FIELD_RECORDS).join(", ")}, ` +
  "written <record>.<column>";

function columnProblem(value: string): string | undefined {
  const name = columnNameOf(value);
  if (name === undefined) return COLUMN_RULE;
  const { record, table, column: wanted } = name;
  const known = columnsOf(table);
  if (known.has(wanted)) return undefined;
  if (isPayersSecret(wanted)) {
    return `must not be ${value}: card and bank data do not belong into metadata`;
  }
  const near = nearKeys(wanted, [...known.keys()]).slice(0, NEAR_SHOWN);
  const hint =
    near.length === 0 ? "" : `; near it: ${near.map((one) => `${record}.${one}`).join(", ")}`;
  return `is no column of SL's table ${table}${hint}`;
}

const toStripeSchema = section({
  from: column(),
  "to-metadata": matching(
    /^[^[\]]{1,40}$/,
    "must be a metadata key of 1 to 40 characters without brackets",
  ),
});

/** Custom fields of the pair, in both directions. */
export const fieldsSchema = section({
  "to-sl": z.array(toSlSchema, "must be a list of {from, to}").default([]),
  "to-stripe": z.array(toStripeSchema, "must be a list of {from, to-metadata}").default([]),
});

/** A Stripe value that fills a user field of an SL record. Text is cut to the field's width. */
export type FieldToSl = z.output<typeof toSlSchema>;
