import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatPrice, formatProduct } from "../formatters/catalog.ts";
import type { Params } from "../http/params.ts";
import { checkedCurrency } from "../money/currencies.ts";
import { newId } from "../random.ts";
import type { PriceRow, ProductRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { emit } from "./emit.ts";

/** A product that is there and not deleted. */
export function productOf(world: World, id: string, param = "id"): ProductRow {
  const row = world.tables.product.get(id);
  if (row === undefined || row.deleted) throw resourceMissing("product", id, param);
  return row;
}

/** Makes a product from its own parameters or from `product_data` of a price. */
export function addProduct(world: World, params: Params): ProductRow {
  const now = world.nowSeconds();
  const id = params.text("id") ?? newId("product");
  if (world.tables.product.get(id)?.deleted === false) {
    throw invalidRequest(`Product already exists: ${id}`, "resource_already_exists", "id");
  }
  const row = world.tables.product.put({
    id,
    created: now,
    updated: now,
    active: params.boolean("active") ?? true,
    name: params.required("name"),
    description: params.clearable("description") ?? null,
    default_price: null,
    images: params.texts("images") ?? [],
    metadata: params.metadata(),
    shippable: params.boolean("shippable") ?? null,
    statement_descriptor: params.clearable("statement_descriptor") ?? null,
    tax_code: params.clearable("tax_code") ?? null,
    unit_label: params.clearable("unit_label") ?? null,
    url: params.clearable("url") ?? null,
    type: params.text("type") ?? "service",
    deleted: false,
  });
  emit(world, "product.created", formatProduct(world, row));
  return row;
}

/** A price that is there. */
export function priceOf(world: World, id: string, param = "id"): PriceRow {
  const row = world.tables.price.get(id);
  if (row === undefined) throw resourceMissing("price", id, param);
  return row;
}

/**
 * Makes a price, for `product` or for the product that its parameters name or describe. The same
 * parameters are `price_data` of a checkout line or an invoice item.
 */
export function addPrice(world: World, params: Params, product?: string): PriceRow {
  const currency = checkedCurrency(params.required("currency"), params.path("currency"));
  const decimal = params.text("unit_amount_decimal");
  const amount = params.integer("unit_amount") ?? wholeOf(decimal);
  if (amount === undefined && decimal === undefined && !params.has("custom_unit_amount")) {
    throw parameterMissing(params.path("unit_amount"));
  }
  const row = world.tables.price.put({
    id: newId("price"),
    created: world.nowSeconds(),
    active: params.boolean("active") ?? true,
    currency,
    product: product ?? productFor(world, params),
    unit_amount: amount ?? null,
    unit_amount_decimal: decimal ?? (amount === undefined ? null : String(amount)),
    nickname: params.clearable("nickname") ?? null,
    lookup_key: params.clearable("lookup_key") ?? null,
    metadata: params.metadata(),
    recurring: recurringOf(params),
    tax_behavior: params.text("tax_behavior") ?? "unspecified",
  });
  emit(world, "price.created", formatPrice(world, row));
  return row;
}

function wholeOf(decimal: string | undefined): number | undefined {
  return decimal !== undefined && /^-?\d{1,15}$/.test(decimal) ? Number(decimal) : undefined;
}

function recurringOf(params: Params): Wire | null {
  const recurring = params.nested("recurring");
  if (recurring === undefined) return null;
  return {
    interval: recurring.required("interval"),
    interval_count: recurring.integer("interval_count") ?? 1,
    meter: null,
    trial_period_days: null,
    usage_type: "licensed",
  };
}

function productFor(world: World, params: Params): string {
  const described = params.nested("product_data");
  if (described !== undefined) return addProduct(world, described).id;
  return productOf(world, params.required("product"), params.path("product")).id;
}
