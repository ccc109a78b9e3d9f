import type {
  CouponRow,
  CustomerRow,
  DiscountRow,
  PriceRow,
  ProductRow,
  TaxRateRow,
  TestClockRow,
} from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** Customer on the wire; a deleted one is only its id. */
export function formatCustomer(_world: World, row: CustomerRow): Wire {
  if (row.deleted) return { id: row.id, object: "customer", deleted: true };
  return {
    id: row.id,
    object: "customer",
    address: row.address,
    balance: row.balance,
    ...(row.business_name === null ? {} : { business_name: row.business_name }),
    created: row.created,
    currency: row.currency,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: row.description,
    discount: null,
    email: row.email,
    ...(row.individual_name === null ? {} : { individual_name: row.individual_name }),
    invoice_prefix: row.invoice_prefix,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: row.default_payment_method,
      footer: row.invoice_footer,
      rendering_options: null,
    },
    livemode: false,
    metadata: row.metadata,
    name: row.name,
    next_invoice_sequence: row.next_invoice_sequence,
    phone: row.phone,
    preferred_locales: row.preferred_locales,
    shipping: row.shipping,
    tax_exempt: row.tax_exempt,
    test_clock: row.test_clock,
  };
}

/** Product on the wire; a deleted one is only its id. */
export function formatProduct(_world: World, row: ProductRow): Wire {
  if (row.deleted) return { id: row.id, object: "product", deleted: true };
  return {
    id: row.id,
    object: "product",
    active: row.active,
    created: row.created,
    default_price: row.default_price,
    description: row.description,
    images: row.images,
    livemode: false,
    marketing_features: [],
    metadata: row.metadata,
    name: row.name,
    package_dimensions: null,
    shippable: row.shippable,
    statement_descriptor: row.statement_descriptor,
    tax_code: row.tax_code,
    tax_details: null,
    type: row.type,
    unit_label: row.unit_label,
    updated: row.updated,
    url: row.url,
  };
}

/** Price on the wire. */
export function formatPrice(_world: World, row: PriceRow): Wire {
  return {
    id: row.id,
    object: "price",
    active: row.active,
    billing_scheme: "per_unit",
    created: row.created,
    currency: row.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: row.lookup_key,
    metadata: row.metadata,
    nickname: row.nickname,
    product: row.product,
    recurring: row.recurring,
    tax_behavior: row.tax_behavior,
    tiers_mode: null,
    transform_quantity: null,
    type: row.recurring === null ? "one_time" : "recurring",
    unit_amount: row.unit_amount,
    unit_amount_decimal: row.unit_amount_decimal,
  };
}

/** Coupon on the wire. */
export function formatCoupon(_world: World, row: CouponRow): Wire {
  return {
    id: row.id,
    object: "coupon",
    amount_off: row.amount_off,
    created: row.created,
    currency: row.currency,
    duration: row.duration,
    duration_in_months: row.duration_in_months,
    livemode: false,
    max_redemptions: row.max_redemptions,
    metadata: row.metadata,
    name: row.name,
    percent_off: row.percent_off,
    redeem_by: row.redeem_by,
    times_redeemed: row.times_redeemed,
    valid: row.max_redemptions === null || row.times_redeemed < row.max_redemptions,
  };
}

/** Discount on the wire. */
export function formatDiscount(_world: World, row: DiscountRow): Wire {
  return {
    id: row.id,
    object: "discount",
    checkout_session: row.checkout_session,
    customer: row.customer,
    customer_account: null,
    end: null,
    invoice: row.invoice,
    invoice_item: null,
    promotion_code: null,
    source: { coupon: row.coupon, type: "coupon" },
    start: row.created,
    subscription: null,
    subscription_item: null,
  };
}

/** TaxRate on the wire. */
export function formatTaxRate(_world: World, row: TaxRateRow): Wire {
  return {
    id: row.id,
    object: "tax_rate",
    active: row.active,
    country: row.country,
    created: row.created,
    description: row.description,
    display_name: row.display_name,
    effective_percentage: Number(row.percentage),
    flat_amount: null,
    inclusive: row.inclusive,
    jurisdiction: row.jurisdiction,
    jurisdiction_level: null,
    livemode: false,
    metadata: row.metadata,
    percentage: Number(row.percentage),
    rate_type: "percentage",
    state: row.state,
    tax_type: row.tax_type,
  };
}

/** Test clock on the wire. */
export function formatTestClock(_world: World, row: TestClockRow): Wire {
  return {
    id: row.id,
    object: "test_helpers.test_clock",
    created: row.created,
    deletes_after: row.created + 30 * 86_400,
    frozen_time: row.frozen_time,
    livemode: false,
    name: row.name,
    status: row.status,
    status_details: {},
  };
}
