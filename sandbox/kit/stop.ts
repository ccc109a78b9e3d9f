/**
 * Runs `stop` once, when the process is asked to end by a signal or, with `isInputWatched`, when
 * standard input ends: then the program that started the sandbox is gone, or asks without a signal.
 */
export function stopOnRequest(stop: () => Promise<void>, isInputWatched: boolean): void {
  let isStopping = false;
  const begin = () => {
    if (isStopping) return;
    isStopping = true;
    // An open input would keep the process alive after all else has ended.
    if (isInputWatched) process.stdin.destroy();
    // What it throws ends the process as an unhandled rejection: seen, and with exit code 1.
    void stop();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, begin);
  if (!isInputWatched) return;
  process.stdin.on("end", begin);
  process.stdin.on("close", begin);
  process.stdin.on("error", begin);
  process.stdin.resume();
}
