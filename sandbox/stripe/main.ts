import { parseArgs } from "node:util";
import { startStripeSandbox } from "./server.ts";

/** `node sandbox/stripe/main.ts --port 0 --home DIR`; prints one JSON line when it is ready. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      home: { type: "string" },
      "secret-key": { type: "string" },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port is a number from 0 to 65535, not ${values.port}`);
  }
  const secretKey = values["secret-key"];
  const sandbox = await startStripeSandbox({
    port,
    ...(values.home === undefined ? {} : { home: values.home }),
    ...(secretKey === undefined ? {} : { secretKey }),
  });
  const stop = () => {
    void sandbox.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  console.log(JSON.stringify({ ready: true, url: sandbox.url, secretKey: sandbox.secretKey }));
}

await main();
