// A newsroom of our own: `mimeo serve --demo` on a free port, with a data
// folder that is thrown away. It is ended by its own process id.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "../..");
export const out = join(root, "test/out");
mkdirSync(out, { recursive: true });

/** The moment at which every demo of these tests begins. */
export const start = "2026-11-22T10:00:00Z";

let built;

/** The program under test: MIMEO_BIN, or one built now. */
export function binary() {
  if (process.env.MIMEO_BIN) return resolve(root, process.env.MIMEO_BIN);
  if (!built) {
    built = join(out, "mimeo");
    execFileSync("go", ["build", "-trimpath", "-o", built, "./cmd/mimeo"], {
      cwd: root,
      env: { ...process.env, CGO_ENABLED: "0" },
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
  return built;
}

/** Polls until probe gives something true; what it waited for is in the error. */
export async function until(what, probe, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const got = await probe();
      if (got) return got;
      last = undefined;
    } catch (err) {
      last = err;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`, { cause: last });
    await new Promise((done) => setTimeout(done, 50));
  }
}

export class Demo {
  constructor(child, data) {
    this.child = child;
    this.data = data;
    this.said = "";
    this.gone = new Promise((done) => child.once("exit", (code, signal) => done({ code, signal })));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => (this.said += text));
    }
  }

  static async start({ at = start, data, args = [] } = {}) {
    const folder = data ?? mkdtempSync(join(tmpdir(), "mimeo-browser-"));
    const child = spawn(
      binary(),
      ["serve", "--demo", "--data", folder, "--listen", "127.0.0.1:0", "--at", at, ...args],
      { stdio: ["ignore", "pipe", "pipe"], cwd: folder },
    );
    const demo = new Demo(child, folder);
    let ended;
    demo.gone.then((how) => (ended = how));
    demo.origin = await until(`the address that serve --demo prints (it said: ${demo.said})`, () => {
      if (ended) throw new Error(`serve --demo ended with ${JSON.stringify(ended)}: ${demo.said}`);
      return demo.said.match(/http:\/\/127\.0\.0\.1:\d+(?=\/)/)?.[0];
    });
    await until("/readyz", async () => (await fetch(`${demo.origin}/readyz`)).ok);
    return demo;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      const slow = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
      this.ended = await this.gone;
      clearTimeout(slow);
    }
    rmSync(this.data, { recursive: true, force: true });
    return this.ended;
  }

  async json(path) {
    const answer = await fetch(this.origin + path);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status}`);
    return answer.json();
  }

  outbox() {
    return this.json("/demo/outbox.json");
  }

  bank() {
    return this.json("/demo/bank.json");
  }

  /** Moves the newsroom's clock; every job due by then has run when this returns. */
  async moveTo(moment) {
    const answer = await fetch(`${this.origin}/demo/clock`, {
      method: "POST",
      body: new URLSearchParams({ to: moment }),
      redirect: "manual",
    });
    if (answer.status >= 400) throw new Error(`POST /demo/clock: ${answer.status} ${await answer.text()}`);
  }

  async faults(what) {
    const answer = await fetch(`${this.origin}/demo/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(what),
    });
    if (!answer.ok) throw new Error(`POST /demo/faults: ${answer.status} ${await answer.text()}`);
  }

  /** Runs a command of the same program on this demo's data. */
  run(...args) {
    return execFileSync(binary(), [...args, "--data", this.data], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }
}

/** Where the newsroom's own page of the seed lies, when there is one. */
export const seedFolder = [join(root, "../shared/seed")].find(existsSync);
