import { formatPrice, formatProduct } from "../formatters/catalog.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { addPrice, addProduct, priceOf, productOf } from "../operations/catalog.ts";
import { emit } from "../operations/emit.ts";
import type { Wire } from "../wire.ts";

const PRODUCT_UPDATE = `active default_price description images marketing_features metadata name
  package_dimensions shippable statement_descriptor tax_code tax_details unit_label url`;
const PRODUCT_CREATE = `${PRODUCT_UPDATE} id type default_price_data`;
const PRICE_UPDATE = `active currency_options lookup_key metadata nickname tax_behavior
  transfer_lookup_key`;
const PRICE_CREATE = `${PRICE_UPDATE} currency billing_scheme custom_unit_amount product
  product_data recurring tiers tiers_mode transform_quantity unit_amount unit_amount_decimal`;

function createProduct({ world, params }: Call): Wire {
  const row = addProduct(world, params);
  const priceParams = params.nested("default_price_data");
  if (priceParams === undefined) return formatProduct(world, row);
  const price = addPrice(world, priceParams, row.id);
  return formatProduct(world, world.tables.product.put({ ...row, default_price: price.id }));
}

function updateProduct({ world, params, id }: Call): Wire {
  const before = productOf(world, id);
  const text = (name: string, was: string | null) => {
    const given = params.clearable(name);
    return given === undefined ? was : given;
  };
  const row = world.tables.product.put({
    ...before,
    updated: world.nowSeconds(),
    active: params.boolean("active") ?? before.active,
    name: params.text("name") ?? before.name,
    description: text("description", before.description),
    default_price: text("default_price", before.default_price),
    images: params.texts("images") ?? before.images,
    metadata: params.metadata(before.metadata),
    shippable: params.boolean("shippable") ?? before.shippable,
    statement_descriptor: text("statement_descriptor", before.statement_descriptor),
    tax_code: text("tax_code", before.tax_code),
    unit_label: text("unit_label", before.unit_label),
    url: text("url", before.url),
  });
  emit(world, "product.updated", formatProduct(world, row), formatProduct(world, before));
  return formatProduct(world, row);
}

function removeProduct({ world, id }: Call): Wire {
  const row = productOf(world, id);
  emit(world, "product.deleted", formatProduct(world, row));
  return formatProduct(world, world.tables.product.put({ ...row, deleted: true }));
}

function listProducts(call: Call): Wire {
  const { world, params } = call;
  const active = params.boolean("active");
  const ids = params.texts("ids");
  return listPage(call, {
    table: world.tables.product,
    kind: "product",
    url: "/v1/products",
    where: (row) =>
      !row.deleted &&
      (active === undefined || row.active === active) &&
      (ids === undefined || ids.includes(row.id)),
    format: (row) => formatProduct(world, row),
  });
}

function updatePrice({ world, params, id }: Call): Wire {
  const before = priceOf(world, id);
  const nickname = params.clearable("nickname");
  const lookup = params.clearable("lookup_key");
  const row = world.tables.price.put({
    ...before,
    active: params.boolean("active") ?? before.active,
    nickname: nickname === undefined ? before.nickname : nickname,
    lookup_key: lookup === undefined ? before.lookup_key : lookup,
    metadata: params.metadata(before.metadata),
    tax_behavior: params.text("tax_behavior") ?? before.tax_behavior,
  });
  emit(world, "price.updated", formatPrice(world, row), formatPrice(world, before));
  return formatPrice(world, row);
}

function listPrices(call: Call): Wire {
  const { world, params } = call;
  const active = params.boolean("active");
  const currency = params.text("currency");
  const lookups = params.texts("lookup_keys");
  const type = params.text("type");
  return listPage(call, {
    table: world.tables.price,
    kind: "price",
    url: "/v1/prices",
    bucket: { index: "product", value: params.text("product") },
    where: (row) =>
      (active === undefined || row.active === active) &&
      (currency === undefined || row.currency === currency) &&
      (lookups === undefined || (row.lookup_key !== null && lookups.includes(row.lookup_key))) &&
      (type === undefined || (row.recurring === null) === (type === "one_time")),
    format: (row) => formatPrice(world, row),
  });
}

function retrieveProduct({ world, id }: Call): Wire {
  return formatProduct(world, productOf(world, id));
}

export const catalogRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/products", accepts: PRODUCT_CREATE, run: createProduct },
  {
    method: "GET",
    path: "/v1/products",
    accepts: `${PAGING} active created ids shippable type url`,
    run: listProducts,
  },
  { method: "GET", path: "/v1/products/:id", accepts: "", run: retrieveProduct },
  { method: "POST", path: "/v1/products/:id", accepts: PRODUCT_UPDATE, run: updateProduct },
  { method: "DELETE", path: "/v1/products/:id", accepts: "", run: removeProduct },
  {
    method: "POST",
    path: "/v1/prices",
    accepts: PRICE_CREATE,
    run: ({ world, params }) => formatPrice(world, addPrice(world, params)),
  },
  {
    method: "GET",
    path: "/v1/prices",
    accepts: `${PAGING} active created currency lookup_keys product recurring type`,
    run: listPrices,
  },
  {
    method: "GET",
    path: "/v1/prices/:id",
    accepts: "",
    run: ({ world, id }) => formatPrice(world, priceOf(world, id)),
  },
  { method: "POST", path: "/v1/prices/:id", accepts: PRICE_UPDATE, run: updatePrice },
];
