import type { Command } from "commander";
import { readEnv } from "../../config/index.ts";
import { buyCart } from "../../demo/buy-cart.ts";
import { demoStatePath } from "../../demo/demo-state.ts";
import { stopOnRequest } from "../child.ts";
import type { Cli } from "../cli.ts";
import { startSandboxes } from "../sandboxes.ts";
import { registerSandboxBuy } from "./sandbox-buy.ts";
import { registerSandboxOrders } from "./sandbox-orders.ts";
import { registerSandboxSlow } from "./sandbox-slow.ts";

type Options = Readonly<{ stripePort: string; slPort: string; json?: boolean }>;

/** `slipway sandbox`: the two sandboxes alone, for whoever develops against them. */
export function registerSandbox(program: Command, cli: Cli): void {
  const command = program
    .command("sandbox")
    .summary("run the sandbox Stripe and the sandbox Dynamics SL")
    .description(
      "Starts both sandboxes and prints their URLs and keys. Their rows are kept below the home " +
        "folder, so a second start finds them again. Runs until Ctrl-C.",
    )
    .option("--stripe-port <port>", "port of the sandbox Stripe; 0 takes a free one", "0")
    .option("--sl-port <port>", "port of the sandbox Dynamics SL; 0 takes a free one", "0")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  $ slipway sandbox\n" +
        "  $ slipway sandbox --stripe-port 12111 --sl-port 8080 --json\n",
    )
    .action(async (options: Options) => {
      const env = readEnv(process.env);
      const sandboxes = await startSandboxes({
        home: env.home,
        stripePort: Number(options.stripePort),
        slPort: Number(options.slPort),
      });
      // Before anything is printed: whoever reads it may already send a signal.
      const stopped = stopOnRequest(() => sandboxes.stop(), false);
      const { stripe, sl } = sandboxes;
      if (options.json === true) {
        console.log(JSON.stringify({ stripe: stripe.ready, dynamicsSl: sl.ready }));
      } else {
        console.log(
          [
            "Sandbox Stripe",
            `  url         ${stripe.ready.url}`,
            `  secret key  ${stripe.ready.secretKey}`,
            "Sandbox Dynamics SL",
            `  url         ${sl.ready.url}`,
            `  user        ${sl.ready.user}`,
            `  password    ${sl.ready.password}`,
            `  site id     ${sl.ready.siteId}`,
            `  site key    ${sl.ready.siteKey}`,
            `  company     ${sl.ready.companyId}`,
            "",
            "Try:",
            `  npx stripe trigger payment_intent.succeeded --api-base ${stripe.ready.url} ` +
              `--api-key ${stripe.ready.secretKey}`,
            "Ctrl-C stops both.",
          ].join("\n"),
        );
      }
      await stopped;
    });
  registerSandboxOrders(command, cli, demoStatePath);
  registerSandboxSlow(command, demoStatePath);
  registerSandboxBuy(command, { statePath: demoStatePath, buy: buyCart });
}
