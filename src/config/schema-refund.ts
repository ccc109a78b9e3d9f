import { z } from "zod";
import { glAccount, matching, section, text } from "./section.ts";

const REASON_RULE = "must be named with 1 to 30 lower-case letters, digits and hyphens";
const reasonName = () => matching(/^[a-z0-9][a-z0-9-]{0,29}$/, REASON_RULE);

/** The accounts that take back what was sold, by the reason why; own reasons are free. */
export const returnAccounts = () =>
  z.record(reasonName(), glAccount(), "must map reasons of refunds to accounts").default({});

const reasonField = () => matching(/^User[3-8]$/, "must be one of User3 to User8");

const reasonSchema = section({
  text: text(30).optional(),
  fields: z.record(reasonField(), text(30), "must map User3 to User8 to values").default({}),
});

/** What the memos of a reason say beside their account. */
export const refundReasons = () =>
  z.record(reasonName(), reasonSchema, "must map reasons of refunds to their words").default({});
