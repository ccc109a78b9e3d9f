import { HubError } from "../../base/errors.ts";
import type { CustomerDraft, CustomerReading, CustomerStatus, CustomerTexts } from "../port.ts";
import type { CustomerColumn } from "./contract-columns.ts";
import { TEXT_COLUMNS } from "./customer-change.ts";
import { noteRow, userColumns } from "./document-rows.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import { absentIfUnknown } from "./read-batch.ts";
import { type Site, templateOf } from "./site.ts";
import { flagOf, isSameId, textOf } from "./wire-values.ts";

type CustomerRow = Readonly<Partial<Record<CustomerColumn, string>>>;

const STATUSES: Readonly<Record<string, CustomerStatus>> = {
  A: "active",
  I: "inactive",
  H: "hold",
  O: "one-time",
};

/** More customers of one address than this is no address of a customer. */
const CUSTOMERS_FOUND_MAX = 100;

/** Creates the customer under its chosen id; see `ErpConnector.createCustomer`. */
export async function createCustomer(
  site: Site,
  draft: CustomerDraft,
  signal: AbortSignal | undefined,
): Promise<void> {
  const write = { kind: "write", signal } as const;
  const template = await templateOf(site, "customerMaintenance");
  const inScreen = {
    myCustomer: { ...asRow(template.myCustomer), ...customerRow(site, draft) },
    customerNote: noteRow(template, "customerNote", draft.note),
  };
  try {
    const args = { actionType: "ADD", inScreen };
    const answer = asRow(await site.client.call("customerMaintenance", "editScreen", args, write));
    const customerId = textOf(asRow(answer?.myCustomer), "CustId");
    if (!isSameId(customerId, draft.customerId)) {
      throw new HubError("erp.outcome_open", "SL answered without the customer's id", {
        facts: { customerId: draft.customerId, answered: customerId },
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.code !== "erp.refused") throw thrown;
    // Sites word it differently that an id is taken: whether it is, the record itself tells.
    const taken = (await readCustomer(site, draft.customerId, signal)) !== undefined;
    const facts = { ...thrown.facts, customerId: draft.customerId, taken };
    throw new HubError("erp.refused", thrown.message, { facts, cause: thrown });
  }
}

/** The customer of exactly this id; see `ErpConnector.readCustomer`. */
export async function readCustomer(
  site: Site,
  customerId: string,
  signal: AbortSignal | undefined,
): Promise<CustomerReading | undefined> {
  const found = await customerRowOf(site, customerId, signal);
  return found === undefined ? undefined : customerReading(site, found);
}

/** The row of the customer of exactly this id, with all its columns, or undefined. */
export async function customerRowOf(
  site: Site,
  customerId: string,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  const row = await absentIfUnknown(() =>
    site.client.call(
      "customerMaintenance",
      "getCustomerByExactID",
      { custID: customerId },
      { kind: "read", signal },
    ),
  );
  const found = asRow(row);
  return isSameId(textOf(found, "CustId"), customerId) && customerId.trim() !== ""
    ? found
    : undefined;
}

/** Customers whose e-mail address is exactly this one, whatever its letter case. */
export function findCustomersByEmail(
  site: Site,
  email: string,
  signal: AbortSignal | undefined,
): Promise<readonly CustomerReading[]> {
  return findCustomersBy(site, ["EMailAddr", email], signal);
}

/** Customers of exactly this name, whatever its letter case. */
export function findCustomersByName(
  site: Site,
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly CustomerReading[]> {
  // A name with the wild card in it would find anybody.
  return name.includes("%") ? Promise.resolve([]) : findCustomersBy(site, ["Name", name], signal);
}

async function findCustomersBy(
  site: Site,
  [column, value]: readonly ["EMailAddr" | "Name", string],
  signal: AbortSignal | undefined,
): Promise<readonly CustomerReading[]> {
  const wanted = value.trim().toLowerCase();
  if (wanted === "") return [];
  const answer = await site.client.call(
    "customerMaintenance",
    "getCustomers",
    {
      currentPageNumber: "1",
      pageSize: String(CUSTOMERS_FOUND_MAX),
      parms: [{ name: column, value: value.trim() }],
    },
    { kind: "read", signal },
  );
  const rows = asRows(answer).filter((row) => textOf(row, "CustId") !== "");
  const found = rows.filter((row) => textOf(row, column).trim().toLowerCase() === wanted);
  if (rows.length === CUSTOMERS_FOUND_MAX && found.length < rows.length) {
    // A server that ignores the parameter sends any customers: then nothing is proved by absence.
    throw new HubError("erp.contract", `SL does not find customers by ${column}`, {
      facts: { service: "customerMaintenance", operation: "getCustomers" },
    });
  }
  return found.map((row) => customerReading(site, row));
}

/** Name and address as the records of customers and of their ship-tos have them alike. */
export function addressColumns(draft: Omit<CustomerTexts, "email">) {
  return {
    Name: draft.name,
    Addr1: draft.addressLine1,
    Addr2: draft.addressLine2,
    City: draft.city,
    State: draft.state,
    Zip: draft.zip,
    Country: draft.country,
    Phone: draft.phone,
  };
}

function customerRow(site: Site, draft: CustomerDraft): CustomerRow {
  const row: CustomerRow = {
    ...userColumns(draft.userFields),
    CustId: draft.customerId,
    ...addressColumns(draft),
    Attn: draft.attention,
    EMailAddr: draft.email,
    BillName: draft.name,
    BillAddr1: draft.addressLine1,
    BillAddr2: draft.addressLine2,
    BillCity: draft.city,
    BillState: draft.state,
    BillZip: draft.zip,
    BillCountry: draft.country,
    BillPhone: draft.phone,
    BillAttn: draft.attention,
    ClassId: draft.classId,
    CuryId: draft.currency,
    Status: "A",
    // SL would apply the rest of a payment by itself.
    AutoApply: "0",
    ...draft.taxNumbers,
    [site.idField]: draft.stripeId,
    [site.keyField]: draft.key,
  };
  return draft.terms === "" ? row : { ...row, Terms: draft.terms };
}

function customerTexts(row: WireRow | undefined): CustomerTexts {
  const entries = Object.entries(TEXT_COLUMNS).map(([text, [column]]) => [
    text,
    textOf(row, column),
  ]);
  return Object.fromEntries(entries) as CustomerTexts;
}

/** A customer's row in our words. */
export function customerReading(site: Site, row: WireRow | undefined): CustomerReading {
  const status = textOf(row, "Status").trim().toUpperCase();
  return {
    customerId: textOf(row, "CustId"),
    key: textOf(row, site.keyField),
    stripeId: textOf(row, site.idField),
    ...customerTexts(row),
    // An unknown status lets nobody book: a person decides what it means.
    status: STATUSES[status] ?? "inactive",
    currency: textOf(row, "CuryId").trim(),
    classId: textOf(row, "ClassId"),
    terms: textOf(row, "Terms"),
    autoApply: flagOf(row, "AutoApply"),
    hasPrepay: textOf(row, "PrePayAcct").trim() !== "",
    receivable: { account: textOf(row, "ArAcct"), subaccount: textOf(row, "ArSub") },
    taxNumbers: {
      TaxRegNbr: textOf(row, "TaxRegNbr").trim(),
      TaxExemptNbr: textOf(row, "TaxExemptNbr").trim(),
    },
  };
}
