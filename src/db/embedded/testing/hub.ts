import { startEmbeddedPostgres } from "../index.ts";

/**
 * A hub process for the tests: starts the server of the home in its first argument, says how that
 * went on standard output, and stops in good order when standard input ends.
 */
// As root with a strict umask: the server's user must still get at its programs and settings.
process.umask(0o077);
const server = await startEmbeddedPostgres({ home: process.argv[2] ?? "" });
console.log(JSON.stringify({ adopted: server.adopted, url: server.url }));
process.stdin.resume();
process.stdin.once("end", () => {
  void server.stop().then((outcome) => console.log(outcome));
});
