import { resourceMissing } from "../errors.ts";
import { formatTaxId, taxIdList } from "../formatters/tax-ids.ts";
import type { Params } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { emit } from "../operations/emit.ts";
import { newId } from "../random.ts";
import type { CustomerRow, TaxIdRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** A tax id as `tax_id_data` or a form of its own gives it. */
export function newTaxId(world: World, given: Params): TaxIdRow {
  const [type, value] = [given.required("type"), given.required("value")];
  return { id: newId("tax_id"), created: world.nowSeconds(), type, value };
}

function owner(world: World, id: string): CustomerRow {
  const row = world.tables.customer.get(id);
  if (row === undefined || row.deleted) throw resourceMissing("customer", id);
  return row;
}

function create({ world, params, id }: Call): Wire {
  const row = owner(world, id);
  const made = newTaxId(world, params);
  world.tables.customer.put({ ...row, tax_ids: [...row.tax_ids, made] });
  const wire = formatTaxId(row.id, made);
  emit(world, "customer.tax_id.created", wire);
  return wire;
}

/** The tax id of that id among the customer's own. */
function part({ world, id, part }: Call): Readonly<{ row: CustomerRow; taxId: TaxIdRow }> {
  const row = owner(world, id);
  const taxId = row.tax_ids.find((one) => one.id === part);
  if (taxId === undefined) throw resourceMissing("tax_id", part);
  return { row, taxId };
}

function retrieve(call: Call): Wire {
  const { row, taxId } = part(call);
  return formatTaxId(row.id, taxId);
}

/** The event shows the tax id as it was; the answer says that it is gone. */
function remove(call: Call): Wire {
  const { world } = call;
  const { row, taxId } = part(call);
  const tax_ids = row.tax_ids.filter(({ id }) => id !== taxId.id);
  world.tables.customer.put({ ...row, tax_ids });
  emit(world, "customer.tax_id.deleted", formatTaxId(row.id, taxId));
  return { id: taxId.id, object: "tax_id", deleted: true };
}

/** Stripe verifies tax ids and never changes one: a new one is made instead. */
export const taxIdRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/customers/:id/tax_ids", accepts: "type value", run: create },
  {
    method: "GET",
    path: "/v1/customers/:id/tax_ids",
    accepts: PAGING,
    run: ({ world, id }) => taxIdList(owner(world, id)),
  },
  { method: "GET", path: "/v1/customers/:id/tax_ids/:part", accepts: "", run: retrieve },
  { method: "DELETE", path: "/v1/customers/:id/tax_ids/:part", accepts: "", run: remove },
];
