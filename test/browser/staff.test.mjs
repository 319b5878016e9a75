// How staff come in: the link from the console, passkeys shown by Chromium's
// virtual authenticator, the printed sheet, sessions; and every page of theirs
// in each of the four views, with scripts off.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Demo, start } from "./demo.mjs";
import { launch, Reader, views } from "./reader.mjs";

let demo, browser, local;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
  // Passkeys are bound to a name: the same newsroom, called by its own.
  local = Object.create(demo, { origin: { value: demo.origin.replace("127.0.0.1", "localhost") } });
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const minutes = (n) => new Date(Date.parse(start) + n * 60_000).toISOString();

/** A member of staff: a browser with scripts, and keys that can be plugged in. */
class Member {
  static async open(view = views[0]) {
    const m = new Member();
    m.reader = await Reader.open(browser, local, view, { scripts: true });
    m.page = m.reader.page;
    m.cdp = await m.reader.context.newCDPSession(m.page);
    await m.cdp.send("WebAuthn.enable");
    return m;
  }

  async plug(transport = "internal") {
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2", transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return authenticatorId;
  }

  async unplug(authenticatorId) {
    await this.cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  }

  /** Goes on with the tabulator until something with this name has the focus. */
  async tabTo(role, name) {
    const goal = this.page.getByRole(role, { name });
    for (let i = 0; i < 60; i++) {
      if (await goal.evaluate((e) => e === document.activeElement).catch(() => false)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`the tabulator never comes to ${role} ${name}`);
  }

  /** Waits for the page that a passkey leads to. */
  async after(doing, path) {
    await Promise.all([this.page.waitForURL(new RegExp(`${path}$`), { timeout: 20_000 }), doing()]);
    await this.page.waitForLoadState();
  }

  said() {
    return this.page.getByRole("status").innerText();
  }
}

describe("the first owner", () => {
  let owner, codes, link, firstKey, secondKey;
  before(async () => (owner = await Member.open()));
  after(() => owner?.reader.close());

  test("comes in by the console's link and a passkey, by keyboard alone", async () => {
    link = demo.run("setup", "--owner", "anna.keller@news.example").trim();
    assert.match(link, new RegExp(`^${local.origin}/desk/welcome/[a-z2-7]{26}$`));
    firstKey = await owner.plug();
    await owner.reader.goto(new URL(link).pathname);
    await owner.reader.examine("welcome", { scripts: 1 });
    assert.equal(await owner.page.locator("#name").inputValue(), "anna keller");
    await owner.tabTo("textbox", /device/i);
    await owner.page.keyboard.type("laptop");
    await owner.tabTo("button", /register a passkey/i);
    await owner.after(() => owner.page.keyboard.press("Enter"), "/desk/me");
    assert.match(await owner.said(), /Welcome/);
    await owner.reader.examine("me-new", { cookies: true, scripts: 1 });
    const [cookie] = await owner.reader.context.cookies(local.origin);
    assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, cookie.path], ["desk", true, "Lax", "/"]);
  });

  test("finds the link used up", async () => {
    const other = await Member.open();
    try {
      await other.plug();
      await other.reader.goto(new URL(link).pathname, 403);
    } finally {
      await other.reader.close();
    }
  });

  test("is asked for a second passkey until there is one", async () => {
    await owner.reader.goto("/desk/");
    assert.equal(await owner.page.getByRole("link", { name: /second passkey/i }).count(), 1);
    await owner.unplug(firstKey);
    secondKey = await owner.plug("usb");
    await owner.reader.goto("/desk/me");
    await owner.page.locator("#key-device").fill("key on my ring");
    await owner.after(() => owner.page.getByRole("button", { name: /^add a passkey/i }).click(), "/desk/me");
    assert.match(await owner.said(), /added/);
    assert.match(await owner.page.locator("main").innerText(), /key on my ring/);
    await owner.reader.goto("/desk/");
    assert.equal(await owner.page.getByRole("link", { name: /second passkey/i }).count(), 0);
  });

  test("prints a sheet, whose codes are shown once", async () => {
    await owner.reader.goto("/desk/me/sheet");
    await owner.reader.act(() => owner.page.getByRole("button", { name: /show the codes/i }).click());
    codes = await owner.page.locator(".codes li").allInnerTexts();
    assert.equal(codes.length, 8);
    for (const code of codes) assert.match(code, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    await owner.reader.examine("sheet-codes", { cookies: true });
    await owner.page.emulateMedia({ media: "print" });
    assert.equal(await owner.page.locator("header.top").isVisible(), false, "the frame is not printed");
    assert.equal(await owner.page.locator(".codes").isVisible(), true);
    await owner.page.emulateMedia({ media: "screen" });
    await owner.reader.goto("/desk/me/sheet");
    assert.equal(await owner.page.locator(".codes").count(), 0, "the codes are shown again");
  });

  test("goes out and comes in again", async () => {
    await owner.reader.act(() => owner.page.getByRole("button", { name: /sign out/i }).click());
    assert.match(await owner.said(), /signed out/i);
    await owner.reader.goto("/desk/staff");
    assert.match(owner.page.url(), /\/desk\/in\?next=/);
    await owner.tabTo("button", /come in with a passkey/i);
    await owner.after(() => owner.page.keyboard.press("Enter"), "/desk/staff");
  });

  test("is told in words when no passkey is shown", async () => {
    const other = await Member.open();
    try {
      const empty = await other.plug();
      await other.reader.goto("/desk/in");
      await other.page.getByRole("button", { name: /come in with a passkey/i }).click();
      const said = other.page.locator("[data-said]");
      await other.page.waitForFunction(() => document.querySelector("[data-said]").textContent !== "", null, { timeout: 70_000 });
      assert.match(await said.innerText(), /did not show a passkey/);
      await other.unplug(empty);
    } finally {
      await other.reader.close();
    }
  });

  test("shows the passkey again for what can hurt, eleven minutes later", async () => {
    await demo.moveTo(minutes(11));
    await owner.reader.goto("/desk/me/sheet");
    assert.match(owner.page.url(), /\/desk\/confirm\?next=%2Fdesk%2Fme%2Fsheet$/);
    await owner.reader.examine("confirm-passkey", { cookies: true, scripts: 1 });
    await owner.after(() => owner.page.getByRole("button", { name: /show the passkey/i }).click(), "/desk/me/sheet");
    await owner.page.getByRole("button", { name: /show the codes/i }).waitFor();
    // A passkey shown for one thing leads nowhere but within the desk.
    for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example", "/desk/../", "javascript:alert(1)"]) {
      await owner.reader.goto(`/desk/confirm?next=${encodeURIComponent(next)}`);
      const value = await owner.page.locator("input[name=next]").getAttribute("value");
      assert.match(value, /^\/desk\//, `next=${next} leads to ${value}`);
    }
  });

  test("comes in by a code of the sheet without scripts, which ends every other session", async () => {
    const reader = await Reader.open(browser, local);
    try {
      await reader.goto("/desk/in");
      assert.match(await reader.page.locator("main").innerText(), /scripts are off/);
      await reader.act(() => reader.page.getByRole("link", { name: /recovery sheet/i }).click());
      await reader.page.locator("#code").fill("nothing");
      await reader.act(() => reader.page.getByRole("button", { name: /come in/i }).click(), 422);
      assert.equal(await reader.page.locator("#code").inputValue(), "nothing", "what was typed is lost");
      await reader.examine("recover-wrong", { cookies: true, scripts: 1 });
      await reader.page.locator("#code").fill(codes[0].toUpperCase().replaceAll("-", " "));
      await reader.act(() => reader.page.getByRole("button", { name: /come in/i }).click());
      assert.match(reader.page.url(), /\/desk\/me$/);
      assert.match(await reader.page.getByRole("status").innerText(), /register a new passkey/);
      await owner.reader.goto("/desk/me");
      assert.match(owner.page.url(), /\/desk\/in/, "the session of before is still open");
      // The same code a second time opens nothing.
      await owner.reader.goto("/desk/recover");
      await owner.page.locator("#code").fill(codes[0]);
      await owner.reader.act(() => owner.page.getByRole("button", { name: /come in/i }).click(), 403);
    } finally {
      await reader.close();
    }
  });

  test("has all of it in the trail, whose chain is whole", async () => {
    assert.match(demo.run("staff", "trail", "check"), /none touched/);
    const listed = JSON.parse(demo.run("staff", "list", "--json"));
    assert.deepEqual(listed.map((m) => [m.name, m.roles, m.state]), [["anna keller", ["owner"], "active"]]);
  });
});

for (const view of views) {
  describe(`the desk's own pages, ${view.name}`, () => {
    let reader;
    before(async () => (reader = await Reader.open(browser, demo, view)));
    after(() => reader?.close());

    const as = async (role) => {
      await reader.context.clearCookies();
      await reader.goto("/desk/in");
      await reader.act(() => reader.page.locator(`button[name=role][value=${role}]`).click());
      assert.match(reader.page.url(), /\/desk\/$/);
    };

    test("the door", async () => {
      await reader.goto("/desk/in");
      assert.equal(await reader.page.locator("html").getAttribute("lang"), view.lang);
      await reader.examine("in", { scripts: 1 });
      await reader.goto("/desk/recover");
      await reader.examine("recover", { scripts: 1 });
    });

    test("an owner's pages", async () => {
      await as("owner");
      await reader.examine("home", { cookies: true });
      for (const [path, name] of [
        ["/desk/me", "me"], ["/desk/me/sheet", "sheet"], ["/desk/confirm?next=/desk/me", "confirm"], ["/desk/approvals", "approvals"],
        ["/desk/staff", "staff"], ["/desk/staff/demo-owner", "member"], ["/desk/trail", "trail"], ["/desk/trail/check", "trail-check"],
      ]) {
        await reader.goto(path);
        await reader.examine(name, { cookies: true, scripts: 1 });
        assert.equal(await reader.page.locator("h1").count(), 1, path);
      }
      await reader.goto("/desk/staff");
      await reader.page.locator("#name").fill("Noor");
      await reader.act(() => reader.page.locator("form[action='/desk/staff/invite'] button").click(), 422);
      assert.equal(await reader.page.locator("#name").inputValue(), "Noor");
      await reader.examine("invite-wrong", { cookies: true });
      await reader.page.locator("#role-reporter").check();
      await reader.act(() => reader.page.locator("form[action='/desk/staff/invite'] button").click());
      await reader.examine("invite-link", { cookies: true });
      const made = await reader.page.locator("input.code").inputValue();
      assert.match(made, /^http:\/\/localhost:\d+\/desk\/welcome\/[a-z2-7]{26}$/);
      const guest = await Reader.open(browser, demo, view);
      try {
        await guest.goto(new URL(made).pathname);
        await guest.examine("welcome-scriptless", { scripts: 1 });
      } finally {
        await guest.close();
      }
      await reader.act(() => reader.page.locator("form[action='/desk/staff/invite/back'] button").first().click());
    });

    test("the menu opens without a script", async () => {
      await as("owner");
      if (view.width < 992) {
        assert.equal(await reader.page.locator("#nav").isVisible(), false);
        await reader.page.locator(".menu").click();
        assert.equal(await reader.page.locator("#nav").isVisible(), true);
        await reader.shot("menu");
      }
      await reader.act(() => reader.page.locator("#nav a[href='/desk/trail']").click());
    });

    test("what a role may not see, and what there is not", async () => {
      await as("reporter");
      assert.equal(await reader.page.locator("a[href='/desk/staff']").count(), 0, "a link that leads nowhere for this role");
      await reader.goto("/desk/staff", 403);
      await reader.examine("denied", { cookies: true });
      await reader.goto("/desk/there-is-no-such-page", 404);
      await reader.examine("missing", { cookies: true });
    });
  });
}

test("no form from another site reaches the desk", async () => {
  const come = await fetch(`${demo.origin}/demo/signin`, { method: "POST", body: new URLSearchParams({ role: "owner" }), redirect: "manual" });
  assert.equal(come.status, 303);
  const cookie = come.headers.get("set-cookie").split(";")[0];
  const sent = (headers) =>
    fetch(`${demo.origin}/desk/me/session/end`, { method: "POST", body: new URLSearchParams({ all: "yes" }), redirect: "manual", headers: { cookie, ...headers } });
  assert.equal((await sent({ origin: "https://evil.example" })).status, 403);
  assert.equal((await sent({ "sec-fetch-site": "same-site" })).status, 403);
  assert.equal((await sent({ "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await sent({ "sec-fetch-site": "same-origin" })).status, 303);
});
