// The picture in the README is a screenshot of this very program. It is taken
// anew only when asked for: MIMEO_UPDATE_SCREENSHOT=1 (make screenshot).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Demo, root } from "./demo.mjs";
import { launch, Reader, views } from "./reader.mjs";
import * as step from "./steps.mjs";

const picture = join(root, "docs/article.png");

test("the README's picture is a screenshot of the article page", async () => {
  if (process.env.MIMEO_UPDATE_SCREENSHOT) {
    const demo = await Demo.start();
    const browser = await launch();
    try {
      const reader = await Reader.open(browser, demo, { ...views[3], width: 1100, height: 1400 });
      await step.askingArticle(reader);
      await reader.page.screenshot({ path: picture, fullPage: true });
      await reader.close();
    } finally {
      await browser.close();
      await demo.stop();
    }
  }
  const png = readFileSync(picture);
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  assert.ok(png.readUInt32BE(16) >= 800, "wide enough to be read");
  assert.match(readFileSync(join(root, "README.md"), "utf8"), /\(docs\/article\.png\)/);
});
