import type { Command } from "commander";
import { HubError, toHubError } from "../../base/errors.ts";
import { fromDecimal } from "../../base/money.ts";
import { readEnv } from "../../config/index.ts";
import type { Cart, CartLine, Purchase } from "../../demo/buy-cart.ts";
import type { DemoState } from "../../demo/demo-state.ts";
import { defineCommand, type JsonFlag, withHome, withJson } from "../define-command.ts";
import { readState } from "../hub-state.ts";

type Options = JsonFlag &
  Readonly<{
    home?: string;
    tax: string;
    discount: string;
    shipping: string;
    order: string;
    email: string;
    name: string;
  }>;
type At = Readonly<{ apiBase: string; secretKey: string }>;
type Deps = Readonly<{
  statePath: (home: string) => string;
  buy: (at: At, cart: Cart) => Promise<Purchase>;
}>;

const QUANTITY_MAX = 10_000;

/** `slipway sandbox buy`: a shopper's cart at the sandbox Stripe of the demo. */
export function registerSandboxBuy(sandbox: Command, deps: Deps): void {
  const command = defineCommand(sandbox, {
    usage: "buy <item...>",
    summary: "buy a cart at the sandbox Stripe, as a shopper would",
    paragraph:
      "Pays a Checkout session at the sandbox Stripe that npm start runs. Each item is an SL " +
      "item with its price and, where it is not 1, its quantity: TSHIRT:20.00:2. Stripe's " +
      "webhooks then bring the sale to the hub. SL keeps stock of WIDGET and GADGET, and an " +
      "invoice of a stock item parks: the demo's pair books them in mode sales-order, which " +
      "`slipway pair set demo mode sales-order` sets.",
    examples: [
      "slipway sandbox buy TSHIRT:20.00:2 CONSULT:150.00",
      "slipway sandbox buy TSHIRT:20.00:2 CONSULT:150.00 --tax 8.25 --discount 10",
      "slipway sandbox buy WIDGET:30.00:2 GADGET:80.00   # needs mode sales-order",
    ],
  });
  withJson(withHome(command))
    .option("--tax <percent>", "tax on each line, on top of its price", "0")
    .option("--discount <percent>", "coupon over the whole cart", "0")
    .option("--shipping <amount>", "shipping, in dollars", "0")
    .option("--order <number>", "the shop's order number", "")
    .option("--email <address>", "the shopper's address", "shopper@example.com")
    .option("--name <name>", "the shopper's name", "Sam Shopper")
    // `--json` stands on `slipway sandbox` as well, which takes it from here.
    .action(async (items: string[], _own: Options, self: Command) => {
      const options: Options = self.optsWithGlobals();
      const at = stripeOf(options, deps.statePath);
      const purchase = await deps.buy(at, cartOf(items, options)).catch((cause: unknown) => {
        throw unreachable(at, cause);
      });
      if (options.json === true) console.log(JSON.stringify(purchase));
      else console.log(`Paid ${purchase.amount} with ${purchase.paymentIntentId}.`);
    });
}

function stripeOf({ home }: Options, statePath: Deps["statePath"]): At {
  const folder = home ?? readEnv(process.env).home;
  const known = readState<DemoState>(statePath(folder));
  if (known?.stripeKey === undefined) {
    throw new HubError("api.invalid", `No sandbox was ever started by npm start in ${folder}`, {
      cure: "Run npm start first, and leave it running.",
    });
  }
  return { apiBase: `http://127.0.0.1:${known.stripePort}`, secretKey: known.stripeKey };
}

function cartOf(items: readonly string[], options: Options): Cart {
  const { order, email, name } = options;
  return {
    lines: items.map(lineOf),
    taxPercent: percentOf("--tax", options.tax),
    discountPercent: percentOf("--discount", options.discount),
    shippingMinor: minorOf("--shipping", options.shipping),
    orderNumber: order,
    email,
    name,
  };
}

function lineOf(text: string): CartLine {
  const [item = "", price = "", quantity = "1", ...more] = text.split(":");
  const count = Number(quantity);
  const isCount = Number.isInteger(count) && count >= 1 && count <= QUANTITY_MAX;
  if (item === "" || price === "" || !isCount || more.length > 0) {
    throw new HubError("api.invalid", `"${text}" is no item with its price: TSHIRT:20.00:2`);
  }
  return { item, unitMinor: minorOf(`The price of ${item}`, price), quantity: count };
}

function minorOf(what: string, text: string): number {
  if (!/^\d{1,6}(\.\d{1,2})?$/.test(text)) {
    throw new HubError("api.invalid", `${what} is an amount such as 30.00, not "${text}"`);
  }
  return Number(fromDecimal(text, "USD").minor);
}

function percentOf(flag: string, text: string): number {
  const percent = Number(text);
  if (/^\d{1,2}(\.\d{1,4})?$/.test(text) && percent < 100) return percent;
  throw new HubError("api.invalid", `${flag} takes a percentage such as 8.25, not "${text}"`);
}

function unreachable(at: At, cause: unknown): HubError {
  const words = toHubError(cause).message;
  return new HubError("api.unreachable", `The sandbox Stripe at ${at.apiBase} sold nothing`, {
    cause,
    cure: `Run npm start and leave it running, then buy again. It said: ${words}`,
  });
}
