import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import {
  type HubEnv,
  loadKey,
  loadToken,
  readEnv,
  readWholeSettings,
  saveSettings,
  setSettingTree,
} from "../../config/index.ts";
import { DEMO_PAIR, demoSettings } from "../../demo/demo-pair.ts";
import { type DemoState, demoStatePath } from "../../demo/demo-state.ts";
import { freePort } from "../../demo/free-port.ts";
import { createEndpoint } from "../../demo/guided-order.ts";
import { playOrder } from "../../demo/play.ts";
import { refuseWhileUp } from "../../demo/running-demo.ts";
import { type Child, startChild, stopOnRequest } from "../child.ts";
import { type Cli, EXIT } from "../cli.ts";
import { readState, writeState } from "../hub-state.ts";
import { createTeller, type Teller } from "../render/demo.ts";
import { type Sandboxes, startSandboxes } from "../sandboxes.ts";

type Options = Readonly<{ once: boolean; json: boolean }>;
type HubReady = Readonly<{ url: string }>;
type Stop = () => Promise<void>;

const CLI = fileURLToPath(new URL("../../../bin/slipway.js", import.meta.url));

/** `slipway start`: everything on this machine, and one guided order from Stripe to SL. */
export function registerStart(program: Command, cli: Cli): void {
  program
    .command("start")
    .summary("run everything on this machine and play one order")
    .description(
      "Starts PostgreSQL, a sandbox Stripe, a sandbox Dynamics SL and the hub with one pair " +
        "between them, plays one paid order and shows each step with its documents. " +
        "Stays up until Ctrl-C; the next start finds everything again.",
    )
    .option("--once", "end after the order, with exit code 0 when it was booked", false)
    .option("--json", "print one JSON object a line", false)
    .addHelpText("after", "\nExamples:\n  $ npm start\n  $ npm start -- --once --json\n")
    .action(async (options: Options) => {
      cli.endWith(await start(readEnv(process.env), options));
    });
}

async function start(env: HubEnv, options: Options): Promise<number> {
  const teller = createTeller(options.json);
  const stops: Stop[] = [];
  const stopAll = async () => {
    // Last started, first stopped: the hub ends its work while SL still answers.
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  let isAsked = false;
  const asked = stopOnRequest(() => {
    isAsked = true;
    return stopAll();
  }, false);
  const giveUp = (): never => {
    throw new Error("Asked to stop while coming up");
  };
  const keep = (stop: Stop) => {
    stops.push(stop);
    if (isAsked) giveUp();
  };
  try {
    const running = await bringUp(env, teller, keep);
    const playing = playOrder({ ...running.play, tell: (line) => teller.line(line) });
    const played = await Promise.race([playing, asked.then(giveUp)]);
    teller.result(played);
    if (options.once) {
      await stopAll();
      return 0;
    }
    teller.next({ ...running.urls, order: played.order });
    void running.hubEnded.then((end) => {
      // Once all is being stopped, nothing is left on the list and no end is news.
      if (stops.length > 0) teller.hubEnded(end);
    });
    await asked;
    teller.stopped();
    return 0;
  } catch (thrown) {
    await stopAll();
    if (!isAsked) throw thrown;
    await asked;
    teller.stopped();
    return options.once ? EXIT.problem : EXIT.fine;
  }
}

/** @param keep takes what stops each thing that came up, and throws where all is to stop */
async function bringUp(env: HubEnv, teller: Teller, keep: (stop: Stop) => void) {
  const { home } = env;
  const known = readState<DemoState>(demoStatePath(home));
  await refuseWhileUp(known, home);
  teller.starting(home, known !== undefined);
  const sandboxes = await startSandboxes({
    home,
    stripePort: await freePort(known?.stripePort ?? 0),
    slPort: await freePort(known?.slPort ?? 0),
  });
  keep(() => sandboxes.stop());
  const hubPort = await freePort(known?.hubPort ?? env.port);
  const hubUrl = `http://127.0.0.1:${hubPort}`;
  const webhookSecret = await endpointSecret(sandboxes, hubUrl, known);
  writeDemoPair(env, sandboxes, webhookSecret);
  const orders = (known?.orders ?? 0) + 1;
  writeState(demoStatePath(home), {
    stripePort: portOf(sandboxes.stripe.ready.url),
    slPort: portOf(sandboxes.sl.ready.url),
    stripeKey: sandboxes.stripe.ready.secretKey,
    hubPort,
    webhookSecret,
    orders,
  } satisfies DemoState);
  const hub = await startHub(hubPort);
  keep(() => hub.stop());
  const { url, secretKey } = sandboxes.stripe.ready;
  const urls = {
    hub: hub.ready.url,
    stripe: url,
    stripeKey: secretKey,
    sl: sandboxes.sl.ready.url,
  };
  teller.ready(urls);
  return {
    urls: { ...urls, hubPid: hub.pid },
    hubEnded: hub.ended,
    play: {
      slUrl: sandboxes.sl.ready.url,
      hubUrl: hub.ready.url,
      token: loadToken(home, env.token),
      stripe: { apiBase: url, secretKey },
      orderNumber: `DEMO-${orders}`,
    },
  };
}

/** Stripe tells a signing secret once, so it is remembered; an endpoint is made for a new URL. */
async function endpointSecret(
  sandboxes: Sandboxes,
  hubUrl: string,
  known: DemoState | undefined,
): Promise<string> {
  if (known !== undefined && hubUrl.endsWith(`:${known.hubPort}`)) return known.webhookSecret;
  const { url: apiBase, secretKey } = sandboxes.stripe.ready;
  const made = await createEndpoint({
    apiBase,
    secretKey,
    url: `${hubUrl}/webhooks/stripe/${DEMO_PAIR}`,
  });
  return made.secret;
}

function writeDemoPair(env: HubEnv, sandboxes: Sandboxes, webhookSecret: string): void {
  const document = readWholeSettings(env.home);
  const { stripe, sl } = sandboxes;
  const settings = demoSettings({ stripe: stripe.ready, sl: sl.ready, webhookSecret });
  setSettingTree(document, DEMO_PAIR, { settings, key: () => loadKey(env.home, env.key) });
  saveSettings(env.home, document);
}

function startHub(port: number): Promise<Child<HubReady>> {
  return startChild<HubReady>({
    name: "The hub",
    script: CLI,
    args: ["serve", "--json", "--stop-with-input"],
    env: { ...process.env, SLIPWAY_PORT: String(port), SLIPWAY_HOST: "127.0.0.1" },
  });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
