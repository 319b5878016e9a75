// What the desk does beside writing, all with scripts off: a live blog is run,
// a name is hidden everywhere, bylines are kept, the ledger of corrections is
// read and checked, and the first page says what waits.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Demo } from "./demo.mjs";
import { launch, Reader, views } from "./reader.mjs";

let demo, browser;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const desk = { cookies: true, scripts: 1 };
const press = (reader, selector, status) => reader.act(() => reader.page.locator(`main ${selector}`).first().click(), status);
const main = (reader) => reader.page.locator("main").innerText();

async function staff(view, role = "editor") {
  const reader = await Reader.open(browser, demo, view);
  await signIn(reader, role);
  return reader;
}

async function signIn(reader, role) {
  const answer = await reader.context.request.post(reader.url("/demo/signin"), { form: { role }, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
}

/** Opens a page that asks for the passkey again, and shows it: a button on the demo. */
async function confirmed(reader, path) {
  await reader.page.goto(reader.url(path), { waitUntil: "load" });
  if (reader.page.url().includes("/desk/confirm")) await press(reader, 'form[action="/desk/confirm"] button');
  assert.equal(new URL(reader.page.url()).pathname, path);
}

/** Begins a story, and publishes it when asked to. */
async function story(reader, headline, text, publish) {
  await reader.goto("/desk/stories/new");
  await reader.page.fill("#headline", headline);
  await press(reader, 'form[action="/desk/stories/new"] button');
  const path = new URL(reader.page.url()).pathname;
  await reader.page.fill("#text", text);
  await press(reader, 'button[type="submit"]:not([name])');
  if (publish) {
    await reader.goto(`${path}/publish`);
    await press(reader, 'button[value="now"]');
  }
  return path;
}

for (const view of [views[0], views.find((v) => v.lang === "fa")]) {
  describe(view.name, () => {
    let reader, path;
    before(async () => (reader = await staff(view)));
    after(() => reader?.close());

    test("the first page says what waits, and what can be begun", async () => {
      await reader.goto("/desk/");
      for (const begin of ["/desk/stories/new", "/desk/pictures/add", "/desk/front", "/desk/newsletters"]) {
        assert.equal(await reader.page.locator(`.tiles a[href="${begin}"]`).count(), 1, begin);
      }
      await reader.examine("home", desk);
    });

    test("a live blog: wrong, out at once, pinned, changed with a note, taken out", async () => {
      path = await story(reader, `The count ${view.name}`, "We follow the count.", true);
      await reader.goto(`${path}/live`);
      await reader.examine("live-empty", desk);
      await press(reader, `form[action="${path}/live"] button`, 422);
      assert.equal(await reader.page.locator("#title-error").count(), 1);
      await reader.examine("live-wrong", desk);
      await reader.page.fill("#title", "Two reports");
      await reader.page.fill("#text", "One.\n\n=== 2026-11-22T12:04:00Z :: Another\n\nTwo.");
      await press(reader, `form[action="${path}/live"] button`, 422);
      assert.match(await reader.page.locator("#text").inputValue(), /Another/, "what was typed is still there");

      await reader.page.fill("#title", "Polls have closed");
      await reader.page.fill("#text", "At **nine**, on the hour.");
      await reader.page.check('[name="key"]');
      await press(reader, `form[action="${path}/live"] button`);
      await reader.page.fill("#title", "First results");
      await press(reader, `form[action="${path}/live"] button`);
      assert.deepEqual(await reader.page.locator(".reports h3").allInnerTexts(), ["First results", "Polls have closed"]);
      await press(reader, '.reports form[action$="/pin"] button');
      await reader.examine("live", desk);

      await reader.goto(path);
      const address = await reader.page.locator('#state-head ~ p a').first().getAttribute("href");
      assert.match(await reader.page.content(), /\/live"/, "the strip leads to the live blog");
      await reader.goto(new URL(address).pathname);
      const seen = await main(reader);
      assert.match(seen, /Polls have closed/);
      assert.match(seen, /First results/);

      await reader.goto(`${path}/live`);
      await press(reader, ".reports li:nth-child(2) a.button");
      await reader.examine("live-report", desk);
      await reader.page.fill("#title", "Polls closed late");
      await press(reader, 'form.card button[type="submit"]:not([name])');
      await reader.goto(new URL(address).pathname);
      assert.doesNotMatch(await main(reader), /Polls closed late/, "without a note it waits");
      await reader.goto(`${path}/live`);
      await press(reader, ".reports li:nth-child(2) a.button");
      await reader.page.fill("#note", "They closed at ten past nine.");
      await press(reader, 'form.card button[type="submit"]:not([name])');
      await reader.goto(new URL(address).pathname);
      assert.match(await main(reader), /Polls closed late/);
      assert.match(await main(reader), /ten past nine/);

      await reader.goto(`${path}/live`);
      await press(reader, ".reports li:nth-child(1) a.button");
      await reader.page.fill("#note", "There were no results yet.");
      await press(reader, 'button[value="remove"]');
      assert.deepEqual(await reader.page.locator(".reports h3").allInnerTexts(), ["Polls closed late"]);
      await reader.goto(new URL(address).pathname);
      assert.doesNotMatch(await main(reader), /First results/);
    });

    test("what a reporter adds to a live blog waits", async () => {
      const other = await staff(view, "reporter");
      try {
        await other.goto(`${path}/live`);
        await other.page.fill("#title", "Heard in the hall");
        await press(other, `form[action="${path}/live"] button`);
        assert.equal(await other.page.locator(".reports .state.warn").count(), 1);
        assert.equal(await other.page.locator('form[action$="/pin"]').count(), 0);
        await other.examine("live-waits", desk);
        await other.goto("/desk/hide", 403);
      } finally {
        await other.close();
      }
    });

    test("a change that a colleague made meanwhile is not run over", async () => {
      await reader.goto(`${path}/live`);
      await press(reader, ".reports li:nth-child(2) a.button");
      const form = reader.page.url();
      const second = await reader.context.newPage();
      await second.goto(form);
      await second.fill("#title", "Polls closed at last");
      await second.locator('form.card button[type="submit"]:not([name])').click();
      await second.waitForURL(/\/live$/);
      await second.close();
      await reader.page.fill("#title", "My own title");
      await press(reader, 'form.card button[type="submit"]:not([name])', 409);
      assert.equal(await reader.page.locator("#title").inputValue(), "My own title");
      await reader.examine("live-stale", desk);
    });

    test("a name is hidden everywhere: counted first, then gone, and told of without it", async () => {
      const name = view.lang === "fa" ? "Ilse Brandt" : "Ona Veld";
      const about = await story(reader, `${name} speaks`, `The witness is ${name}. ${name} saw it.`, true);
      await confirmed(reader, "/desk/hide");
      await reader.examine("hide", desk);
      await press(reader, 'form.card[action="/desk/hide"] button', 422);
      await reader.examine("hide-wrong", desk);
      await reader.page.fill("#names", `${name}\n${name.split(" ")[1]}, ${name.split(" ")[0]}`);
      await reader.page.fill("#replacement", "[a witness]");
      await reader.page.fill("#reason", `${name} is threatened`);
      await press(reader, 'form.card[action="/desk/hide"] button');
      assert.ok(!reader.page.url().includes("?"), "no name in an address");
      await reader.examine("hide-count", desk);
      assert.ok((await reader.page.locator("#count ~ dl dd").count()) >= 4);
      await reader.goto(about);
      assert.match(await reader.page.content(), new RegExp(name), "counting changes nothing");

      await confirmed(reader, "/desk/hide");
      await reader.page.fill("#names", name);
      await reader.page.fill("#replacement", "[a witness]");
      await reader.page.fill("#reason", `${name} is threatened`);
      await press(reader, 'form.card[action="/desk/hide"] button');
      await press(reader, "button.danger");
      assert.match(reader.page.url(), /\/desk\/hide\/[0-9a-f-]{36}$/);
      await reader.examine("hidden", desk);
      assert.doesNotMatch(await reader.page.content(), new RegExp(name));
      for (const at of ["/desk/hide", about, `${about}/history`, "/desk/corrections", "/desk/stories"]) {
        await reader.goto(at);
        assert.doesNotMatch(await reader.page.content(), new RegExp(name), at);
      }
      await reader.goto("/desk/hide");
      assert.match(await main(reader), /\[a witness\] is threatened/);
      await reader.examine("hide-past", desk);
    });

    test("bylines: wrong, new, changed; who stands behind one is the owner's to know", async () => {
      await reader.goto("/desk/bylines");
      await press(reader, 'a[href="/desk/bylines/new"]');
      await press(reader, "form.card button", 422);
      await reader.examine("byline-wrong", desk);
      await reader.page.fill("#name", `River Watch ${view.name}`);
      await reader.page.fill("#about", "Writes from the river.");
      await reader.page.check('[name="pseudonym"]');
      await press(reader, "form.card button");
      await reader.examine("bylines", desk);
      await press(reader, `.rows a:has-text("River Watch ${view.name}")`);
      const byline = new URL(reader.page.url()).pathname;
      await reader.page.fill("#slug", "Not An Address");
      await press(reader, "form.card button", 422);
      await reader.page.fill("#slug", `river-${view.name}`);
      await press(reader, "form.card button");
      assert.match(await main(reader), new RegExp(`/by/river-${view.name}`));
      await reader.goto(`${byline}/person`, 403);

      const owner = await staff(view, "owner");
      try {
        await confirmed(owner, `${byline}/person`);
        await press(owner, 'button[value="same"]', 422);
        await owner.examine("behind-wrong", desk);
        await owner.page.fill("#person", "R. W.");
        await press(owner, 'button[value="new"]');
        await press(owner, '.rows form button');
        assert.equal(await owner.page.locator('input[value="part"]').count(), 1);
        await owner.examine("behind", desk);
        await owner.goto("/desk/bylines");
        assert.doesNotMatch(await main(owner), /R\. W\./);
      } finally {
        await owner.close();
      }
    });

    test("the ledger of corrections is read and checked", async () => {
      await reader.goto("/desk/corrections");
      assert.ok((await reader.page.locator(".rows li").count()) >= 5);
      await reader.examine("ledger", desk);
      await press(reader, 'a[href="/desk/corrections/check"]');
      assert.equal(await reader.page.locator("main .said").count(), 1, await main(reader));
      await reader.examine("ledger-checked", desk);
    });
  });
}

test("a correction flags the other language, until somebody has looked", async () => {
  const reader = await staff(views[0]);
  try {
    await reader.goto("/desk/stories?view=published");
    let found = "";
    for (const link of await reader.page.locator('.stories a[lang="en"]').all()) {
      if (/night train/i.test(await link.innerText())) found = await link.getAttribute("href");
    }
    assert.ok(found, "a story of the demo with a version in another language");
    await reader.goto(found);
    await reader.page.fill("#standfirst", "Mended.");
    await press(reader, 'button[value="correct"]');
    await reader.page.check('[name="kind"][value="fact"]');
    await reader.page.fill("#text", "The fare was wrong.");
    await press(reader, 'form[action$="/correct"] button');
    await reader.goto("/desk/");
    assert.ok((await reader.page.locator('a[href="/desk/again"]').count()) >= 2, "on the first page and in the navigation");
    await reader.goto("/desk/again");
    await reader.examine("again", desk);
    assert.match(await main(reader), /The fare was wrong/);
    await press(reader, 'form[action="/desk/again"] button');
    assert.equal(await reader.page.locator('main form[action="/desk/again"]').count(), 0);
    await reader.examine("again-none", desk);
  } finally {
    await reader.close();
  }
});
