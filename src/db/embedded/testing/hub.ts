import { startEmbeddedPostgres } from "../index.ts";

/**
 * A hub process for the tests: starts the server of the home in its first argument, says how that
 * went on standard output, and stops in good order when standard input ends.
 */
const server = await startEmbeddedPostgres({ home: process.argv[2] ?? "" });
console.log(JSON.stringify({ adopted: server.adopted, url: server.url }));
process.stdin.resume();
process.stdin.once("end", () => {
  void server.stop().then((outcome) => console.log(outcome));
});
