/** The clock of a process that others move: see `shareClock`. */
export type SharedClock = Readonly<{
  /** From now on the time is so far from the machine's. */
  shift(offsetMs: number): void;
  /** Runs everything that comes round regularly once, as if its time had come. */
  comeRound(): void;
}>;

/**
 * Lets the whole of this process live in a time of its own: `Date` is so far from the machine's,
 * and what comes round regularly also does so on demand, since a jump of months passes no timer.
 * Time limits and leases go on by the machine's clock, as they measure durations.
 *
 * Only a program that is started for a demo calls this, before anything else runs.
 */
export function shareClock(offsetMs: number): SharedClock {
  let offset = offsetMs;
  const MachineDate = Date;
  const now = () => MachineDate.now() + offset;
  globalThis.Date = new Proxy(MachineDate, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as object,
    get: (target, name, receiver) =>
      name === "now" ? now : (Reflect.get(target, name, receiver) as unknown),
  });
  const rounds = new Map<unknown, () => void>();
  const machineInterval = globalThis.setInterval;
  const clearMachineInterval = globalThis.clearInterval;
  const every = (work: () => void, everyMs?: number) => {
    const timer = machineInterval(work, everyMs);
    rounds.set(timer, work);
    return timer;
  };
  globalThis.setInterval = Object.assign(every, machineInterval) as typeof machineInterval;
  globalThis.clearInterval = (timer) => {
    rounds.delete(timer);
    clearMachineInterval(timer);
  };
  return {
    shift: (next) => {
      offset = next;
    },
    comeRound: () => {
      for (const work of [...rounds.values()]) work();
    },
  };
}
