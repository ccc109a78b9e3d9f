import {
  type DynamicsSlSandbox,
  startDynamicsSlSandbox,
} from "../../../../sandbox/dynamics-sl/server.ts";
import { type CtapiConnector, type CtapiSettings, createCtapiConnector } from "../connector.ts";

/** For tests: a sandbox Dynamics SL with a connector at it. */
export type SandboxSite = Readonly<{
  url: string;
  connector: CtapiConnector;
  /** Another connector at the same site; it is closed with the site. */
  connect(changes?: Partial<CtapiSettings>): CtapiConnector;
  /** Calls the sandbox's administration, which stands in for people and for the network. */
  admin(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  /** The next call that matches is hit by a fault. */
  fault(match: Readonly<Record<string, string>>, effect: object): Promise<void>;
  close(): Promise<void>;
}>;

/** Starts a sandbox in memory on a free port, with its first period 202601. */
export async function startSandboxSite(
  settings: Partial<CtapiSettings> = {},
): Promise<SandboxSite> {
  const sandbox = await startDynamicsSlSandbox({ firstPeriod: "202601" });
  const connectors: CtapiConnector[] = [];
  const connect = (changes: Partial<CtapiSettings> = {}) => {
    const made = createCtapiConnector({ ...accessTo(sandbox), ...settings, ...changes });
    connectors.push(made);
    return made;
  };
  const admin: SandboxSite["admin"] = async (method, path, body) => {
    const answer = await fetch(new URL(`/_sandbox${path}`, sandbox.url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const reply: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(reply)}`);
    return reply;
  };
  return {
    url: sandbox.url,
    connector: connect(),
    connect,
    admin,
    fault: async (match, effect) => {
      await admin("POST", "/faults", { match, effect });
    },
    close: async () => {
      for (const connector of connectors) connector.close();
      await sandbox.close();
    },
  };
}

function accessTo({ url, credentials }: DynamicsSlSandbox): CtapiSettings {
  return { baseUrl: url, ...credentials, callTimeoutMs: 10_000, readTimeoutMs: 10_000 };
}
