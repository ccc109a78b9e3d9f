import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { pause } from "../../src/base/clock.ts";
import type { WriteFault } from "./faults.ts";
import { touchHeld } from "./hands.ts";
import type { FromChild, ToChild } from "./real-child.ts";
import type { Site } from "./site.ts";
import { prepareDelay, prepareSwitch, type SwitchedCall, untilMet } from "./switches.ts";
import type { TortureWorker } from "./worker.ts";
import { isHand } from "./writes.ts";

const CHILD = join(import.meta.dirname, "real-child.ts");
/** SL holds a call that long while its caller is killed. */
const DURING_MS = 80;
let childrenMade = 0;

/** Starts a hub process that is killed with SIGKILL and frozen with SIGSTOP. */
export async function startRealWorker(site: Site): Promise<TortureWorker> {
  childrenMade += 1;
  const name = `p${childrenMade}`;
  const child = fork(CHILD, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const life = new RealLife(name, child, site);
  const ready = once(child, "message") as Promise<[FromChild]>;
  const { pair, pairFile, secrets, databaseUrl } = site;
  const timeFile = site.time.file;
  say(child, { kind: "open", pair, pairFile, secrets, databaseUrl, timeFile, owner: name });
  const [said] = await ready;
  if (said.kind !== "ready") throw new Error(`a hub process said ${said.kind} first`);
  child.on("message", (message: FromChild) => life.hear(message));
  return {
    life,
    lanesAtWork: () => 0,
    forget: () => undefined,
    pool: undefined,
    serve: (request, response) => pass(said.port, request, response),
    stop: async () => {
      life.thaw();
      life.kill();
      await life.gone;
    },
  };
}

/** The signals that a real process gets, and where it stands when it gets them. */
class RealLife {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #site: Site;
  readonly gone: Promise<unknown>;
  #isDead = false;
  #rests: number | undefined;
  /** What to say when it goes on. */
  #held: ToChild | undefined;
  readonly #after = new Map<number, Readonly<{ fault: WriteFault; mark: string }>>();

  constructor(name: string, child: ChildProcess, site: Site) {
    this.name = name;
    this.#child = child;
    this.#site = site;
    this.gone = once(child, "exit");
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isFrozen(): boolean {
    return this.#rests !== undefined;
  }

  /** Its parent knows of no moment within a call. */
  readonly thawsAtReleaseOf = undefined;

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#rests = undefined;
    this.#site.script.note(`${this.name} gets SIGKILL`);
    this.#child.kill("SIGKILL");
  }

  thaw(): void {
    if (this.#rests === undefined) return;
    this.#rests = undefined;
    this.#child.kill("SIGCONT");
    if (this.#held !== undefined) say(this.#child, this.#held);
    this.#held = undefined;
  }

  rest(): boolean {
    if (this.#rests === undefined) return false;
    this.#rests -= 1;
    if (this.#rests >= 0) return false;
    this.thaw();
    return true;
  }

  hear(message: FromChild): void {
    if (this.#isDead) return;
    const { script } = this.#site;
    switch (message.kind) {
      case "before":
        this.#before(message).catch(this.#giveUp);
        break;
      case "after":
        this.#afterwards(message.nr).catch(this.#giveUp);
        break;
      case "took over":
        script.hit("take-over");
        script.note(message.words);
        break;
      case "run":
        script.note(message.words);
        break;
      case "ready":
        break;
    }
  }

  readonly #giveUp = (error: unknown): void => {
    this.#site.script.note(String(error));
    this.kill();
  };

  async #before(at: Extract<FromChild, { kind: "before" }>): Promise<void> {
    const { nr, step, mark } = at;
    const { script, sl, stripeAdmin } = this.#site;
    const call = { admin: step === "writeback.write" ? stripeAdmin : sl, step, mark };
    const go = { kind: "go", nr } as const;
    const fault = script.nextWrite(step, mark);
    if (fault === undefined) return say(this.#child, go);
    script.struck(step, mark, fault);
    script.hit(`real process: ${fault.mode}`);
    if (isHand(fault.mode)) {
      this.#after.set(nr, { fault, mark });
      return say(this.#child, go);
    }
    switch (fault.mode) {
      case "kill-before":
      case "kill-claimed":
        return this.kill();
      case "freeze-before":
      case "freeze-claimed":
        return this.#stop(fault.rests, go);
      case "kill-after":
      case "freeze-after":
        this.#after.set(nr, { fault, mark });
        return say(this.#child, go);
      case "kill-during":
        return this.#killDuring(call, go);
      case "late":
        if (step === "writeback.write") return this.#killDuring(call, go);
        break;
      default:
        break;
    }
    await prepareSwitch(call, fault);
    say(this.#child, go);
  }

  /** The other side works on the call while its caller dies, and carries it out all the same. */
  async #killDuring(call: SwitchedCall, go: ToChild): Promise<void> {
    const held = await prepareDelay(call, DURING_MS);
    say(this.#child, go);
    await untilMet(call.admin, held);
    this.kill();
    void this.#site.script.track(pause(2 * DURING_MS));
  }

  async #afterwards(nr: number): Promise<void> {
    const go = { kind: "go", nr } as const;
    const { fault, mark = "" } = this.#after.get(nr) ?? {};
    this.#after.delete(nr);
    if (fault?.mode === "kill-after") return this.kill();
    if (fault?.mode === "freeze-after") return this.#stop(fault.rests, go);
    if (fault !== undefined && isHand(fault.mode)) {
      await touchHeld(this.#site.sl, mark, fault.mode);
    }
    say(this.#child, go);
  }

  #stop(rests: number, go: ToChild): void {
    this.#site.script.note(`${this.name} gets SIGSTOP`);
    this.#child.kill("SIGSTOP");
    this.#rests = rests;
    this.#held = go;
  }
}

function say(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message);
}

function pass(port: number, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const onward = httpRequest({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => request.socket.destroy());
  request.pipe(onward);
}
