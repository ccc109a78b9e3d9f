import { flushCompileCache } from "node:module";
import { serveHub } from "../../../src/cli/commands/serve.ts";

// A hub that is killed writes nothing at its end: what it has compiled is kept for the next now.
flushCompileCache();

// `slipway serve --json` on the server of the tests, which the command itself refuses: it keeps
// nothing through a crash of the machine, and no test crashes that.
await serveHub({ isJson: true, stopWithInput: false, options: { mayLoseCommits: true } });
