// Never loses a word. What is typed goes to this computer's storage at once and
// to the newsroom at every pause; what the newsroom has acknowledged leaves the
// storage. Copies are named, so that two tabs never write over each other.
import { make, say } from "./words";

/** What one tab has typed and not yet brought home. */
interface Kept {
  copy: string;
  base: string;
  doc: string;
  fields: Record<string, string>;
}

export interface Source {
  doc(): string;
  fields(): Record<string, string>;
  restore(doc: string, fields: Record<string, string>): void;
}

type State = "quiet" | "sending" | "away" | "out" | "refused";

const pause = 1_500; // after the last key, until it is sent
const patience = 8_000; // of one who never pauses
const localPause = 400;
const localPatience = 2_000;

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(10)), (b) => (b % 36).toString(36)).join("");

export class Keeper {
  private readonly line: HTMLElement;
  private readonly live: HTMLElement;
  private readonly notices: HTMLElement;
  private readonly channel: BroadcastChannel | undefined;
  private readonly alive = new Map<string, string>(); // tab → its copy
  private readonly tab = random();
  private copy: string;
  private words = 0; // typed since the last acknowledgement
  private changes = 0; // counts every change
  private sent = 0; // the count that was acknowledged
  private stored = 0; // the count that lies on this computer
  private savedAt: string;
  private state: State = "quiet";
  private why = "";
  private sendTimer = 0;
  private sendBy = 0;
  private storeTimer = 0;
  private storeBy = 0;
  private drawn = 0;
  private retry = 2_000;
  private running: Promise<boolean> | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly source: Source,
  ) {
    this.copy = form.dataset.copy || random();
    this.savedAt = form.dataset.saved ?? "";
    this.line = document.getElementById("saved")!;
    this.live = document.getElementById("saved-live")!;
    this.notices = document.getElementById("editor-notices")!;
    this.draw();
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(`mimeo:${form.dataset.story}`) : undefined;
    this.channel?.addEventListener("message", (e) => this.heard(e.data));
    this.channel?.postMessage({ tab: this.tab, copy: this.copy, asks: true });
    window.setTimeout(() => this.findLost(), this.channel ? 250 : 0);
    window.setInterval(() => this.here(), 20_000);
    this.here();
    for (const event of ["online", "focus"]) window.addEventListener(event, () => this.state !== "quiet" && void this.send());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.leave());
    window.addEventListener("pagehide", () => {
      this.leave();
      this.channel?.postMessage({ tab: this.tab, gone: true });
    });
  }

  /** Tells that something changed, by so many new words. It costs nothing. */
  changed(words: number): void {
    this.changes++;
    this.words += words;
    const now = performance.now();
    if (!this.storeTimer) this.storeBy = now + localPatience;
    window.clearTimeout(this.storeTimer);
    if (this.state === "quiet" || this.state === "refused") {
      if (!this.sendTimer) this.sendBy = now + patience;
      window.clearTimeout(this.sendTimer);
      this.sendTimer = window.setTimeout(() => void this.send(), Math.max(0, Math.min(pause, this.sendBy - now)));
    }
    this.storeTimer = window.setTimeout(() => this.store(), Math.max(0, Math.min(localPause, this.storeBy - now)));
    if (!this.drawn) this.drawn = window.setTimeout(() => this.draw(), 150);
  }

  /** Brings home what is typed; whether it arrived. */
  async flush(): Promise<boolean> {
    this.store();
    return (await this.running?.catch(() => false), this.sent === this.changes && this.state === "quiet") || (await this.send());
  }

  fields(): Record<string, string> {
    return { ...this.source.fields(), doc: this.source.doc(), base: this.form.dataset.base ?? "", copy: this.copy };
  }

  private key(copy: string): string {
    return `mimeo:story:${this.form.dataset.story}:${copy}`;
  }

  private store(): void {
    window.clearTimeout(this.storeTimer);
    this.storeTimer = 0;
    if (this.stored === this.changes || this.sent === this.changes) return;
    const kept: Kept = { copy: this.copy, base: this.form.dataset.base ?? "", doc: this.source.doc(), fields: this.source.fields() };
    try {
      localStorage.setItem(this.key(this.copy), JSON.stringify(kept));
      this.stored = this.changes;
    } catch {
      this.notice("full", say("full"), "warning");
    }
  }

  private send(): Promise<boolean> {
    if (this.running) return this.running;
    this.running = this.sendNow().finally(() => {
      this.running = undefined;
      if (this.state === "quiet" && this.sent !== this.changes && !this.sendTimer) this.sendTimer = window.setTimeout(() => void this.send(), pause);
    });
    return this.running;
  }

  private async sendNow(): Promise<boolean> {
    window.clearTimeout(this.sendTimer);
    this.sendTimer = 0;
    const upTo = this.changes;
    const words = this.words;
    const copy = this.copy;
    try {
      const answer = await fetch(this.form.dataset.keep!, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(this.fields()),
        signal: AbortSignal.timeout(20_000),
      });
      const said = await answer.json().catch(() => ({}));
      if (answer.status === 401) return this.failed("out", "");
      if (answer.status === 503 || answer.status >= 500) return this.failed("away", "");
      if (!answer.ok) return this.failed("refused", String(said.error ?? answer.status));
      this.sent = upTo;
      this.words = Math.max(0, this.words - words);
      this.savedAt = String(said.at ?? "");
      if (this.sent === this.changes) localStorage.removeItem(this.key(copy));
      this.retry = 2_000;
      this.enter("quiet", "");
      this.heardOf(said);
      return true;
    } catch {
      return this.failed("away", "");
    }
  }

  private failed(state: State, why: string): false {
    this.store();
    this.enter(state, why);
    if (state === "away" || state === "out") {
      window.clearTimeout(this.sendTimer);
      this.sendTimer = window.setTimeout(() => void this.send(), this.retry);
      this.retry = Math.min(this.retry * 1.6, 20_000);
    }
    return false;
  }

  /** Draws the line, and says aloud what is another state than before. */
  private enter(state: State, why: string): void {
    const other = state !== this.state || why !== this.why;
    this.state = state;
    this.why = why;
    this.draw();
    if (other) this.live.textContent = this.line.textContent;
  }

  private draw(): void {
    window.clearTimeout(this.drawn);
    this.drawn = 0;
    const parts = [this.savedAt ? say("saved", undefined, this.savedAt) : say("unsaved")];
    if (this.sent !== this.changes) parts.push(this.words > 0 ? say("unsent", this.words) : say("unsent.some"));
    if (this.state === "away") parts.push(say("away"));
    if (this.state === "out") parts.push(say("out"));
    if (this.state === "refused") parts.push(this.why || say("refused"));
    this.line.textContent = parts.join(" · ");
    this.line.dataset.state = this.state === "quiet" && this.sent !== this.changes ? "pending" : this.state;
    if (this.state === "out") this.line.append(" ", make("a", { href: "/desk/in", target: "_blank", rel: "opener" }, say("signin")));
  }

  private leave(): void {
    if (this.sent === this.changes) return;
    this.store();
    const body = new URLSearchParams(this.fields());
    // A page that is left may send 64 kB; the rest lies on this computer.
    if (body.toString().length < 60_000) void fetch(this.form.dataset.keep!, { method: "POST", headers: { Accept: "application/json" }, body, keepalive: true }).catch(() => undefined);
  }

  private heard(m: { tab: string; copy?: string; asks?: boolean; gone?: boolean }): void {
    if (m.gone) {
      this.alive.delete(m.tab);
      if (this.alive.size === 0) this.notice("tabs");
      return;
    }
    if (m.copy) this.alive.set(m.tab, m.copy);
    if (m.asks) this.channel?.postMessage({ tab: this.tab, copy: this.copy });
    else if (m.copy === this.copy) {
      this.copy = random(); // the other tab was first
      this.channel?.postMessage({ tab: this.tab, copy: this.copy });
    }
    this.notice("tabs", say("tabs"), "warning");
  }

  /** Words that this computer still has from a tab that is no more. */
  private findLost(): void {
    const prefix = this.key("");
    const alive = new Set(this.alive.values());
    const keys = Object.keys(localStorage).filter((k) => k.startsWith(prefix) && !alive.has(k.slice(prefix.length)));
    for (const key of keys) {
      let kept: Kept;
      try {
        kept = JSON.parse(localStorage.getItem(key) ?? "");
      } catch {
        localStorage.removeItem(key);
        continue;
      }
      const now = this.source.fields();
      const same = kept.doc === this.source.doc() && Object.keys(kept.fields).every((f) => kept.fields[f].trim() === (now[f] ?? "").trim());
      if (same) {
        localStorage.removeItem(key);
        continue;
      }
      if (this.changes > 0) continue; // somebody types already; it waits for the next time
      // Under a name of its own: whatever the newsroom has under the old one stays.
      this.copy = random();
      this.form.dataset.base = kept.base;
      this.source.restore(kept.doc, kept.fields);
      this.changed(0);
      this.store();
      localStorage.removeItem(key);
      this.notice("lost", say("restored"), "said");
      return;
    }
  }

  private async here(take = false): Promise<void> {
    if (document.visibilityState === "hidden" || !this.form.dataset.here) return;
    try {
      const answer = await fetch(this.form.dataset.here, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(take ? { take: "1" } : {}) });
      if (!answer.ok) return;
      this.heardOf(await answer.json());
    } catch {
      // The next one will tell.
    }
  }

  private heardOf(said: { others?: unknown; holds?: boolean; latest?: number; by?: string }): void {
    const names = Array.isArray(said.others) ? said.others.map(String) : [];
    const notice = this.notice("others", names.length ? say("others", names.length, names.join(", ")) : "", "warning");
    if (notice && said.holds === false) {
      const take = make("button", { type: "button", class: "quiet" }, say("take"));
      take.addEventListener("click", () => void this.here(true));
      notice.append(" ", take);
    }
    if (said.latest && String(said.latest) !== this.form.dataset.base) this.stale(said.by ?? "");
  }

  private stale(by: string): void {
    this.notice("stale", by ? say("stale.by", undefined, by) : say("stale"), "warning");
  }

  /** One notice of a kind; without words it goes. */
  private notice(kind: string, words = "", look = "notice"): HTMLElement | undefined {
    const id = `notice-${kind}`;
    const old = document.getElementById(id);
    if (words && old?.firstChild?.textContent === words) return;
    old?.remove();
    if (!words) return;
    const element = make("p", { id, class: look }, words);
    this.notices.append(element);
    return element;
  }
}
