import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SlSandboxReady, StripeSandboxReady } from "../demo/sandbox-ready.ts";
import { type Child, startChild } from "./child.ts";

export type Sandboxes = Readonly<{
  stripe: Child<StripeSandboxReady>;
  sl: Child<SlSandboxReady>;
  stop(): Promise<void>;
}>;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Starts both sandboxes as processes of their own. Their rows, ports and keys live below `home`, so
 * that a later start finds everything again.
 */
export async function startSandboxes(options: {
  home: string;
  stripePort: number;
  slPort: number;
}): Promise<Sandboxes> {
  const start = <Ready extends object>(name: string, folder: string, port: number) =>
    startChild<Ready>({
      name,
      script: join(ROOT, "sandbox", folder, "main.ts"),
      args: [
        ...["--port", String(port), "--home", join(options.home, "sandbox", folder)],
        "--stop-with-input",
      ],
    });
  const [stripe, sl] = await Promise.all([
    start<StripeSandboxReady>("The sandbox Stripe", "stripe", options.stripePort),
    start<SlSandboxReady>("The sandbox Dynamics SL", "dynamics-sl", options.slPort),
  ]);
  return {
    stripe,
    sl,
    stop: async () => {
      await Promise.all([stripe.stop(), sl.stop()]);
    },
  };
}
