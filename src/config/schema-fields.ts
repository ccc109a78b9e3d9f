import { z } from "zod";
import { matching, oneOf, section, text } from "./section.ts";

/** Where a value for SL may come from; `metadata.` is the merged metadata of the sale. */
export const FIELD_SOURCES = [
  "invoice.id",
  "invoice.number",
  "payment-intent.id",
  "charge.id",
  "charge.method",
  "customer.id",
  "customer.email",
] as const;

/** SL documents and fields that can be told to Stripe once they are released. */
export const BACK_SOURCES = [
  "Invoice.RefNbr",
  "Invoice.BatNbr",
  "Invoice.PerPost",
  "Invoice.DocDate",
  "Payment.RefNbr",
  "Payment.BatNbr",
  "Payment.PerPost",
  "Payment.DocDate",
  "Customer.CustId",
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

const toStripeSchema = section({
  from: oneOf(BACK_SOURCES),
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
/** An SL value that is written back to a metadata key of the Stripe object. */
export type FieldToStripe = z.output<typeof toStripeSchema>;
