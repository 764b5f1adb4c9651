// A real browser, and pages in it where somebody is signed in. Needs `chromium` on the path.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import puppeteer from 'puppeteer-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

function found() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const there = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!there) throw new Error(`there is no browser: none of ${NAMES.join(', ')} is on the path`);
  return there;
}

/** Left as people have it: the driver would keep frames without an origin from getting a process of their own. */
const switchedOff = puppeteer.defaultArgs().filter((one) => one.startsWith('--disable-features='));

/** As root there is no sandbox around the browser; that between its pages is what is tested, and stays. */
export const launch = () => puppeteer.launch({
  executablePath: found(), headless: true, protocolTimeout: 60_000, ignoreDefaultArgs: switchedOff,
  args: ['--no-sandbox', '--disable-gpu', '--lang=en-US'],
});

/** A page of somebody who is signed in, and what it and its frames wrote to the console. */
export async function visitor(browser, token, address) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.said = [];
  page.on('console', (message) => page.said.push(message.text()));
  await page.setViewport({ width: 1100, height: 800 });
  await page.evaluateOnNewDocument((kept) => {
    // Frames without an origin have no storage.
    if (window.top === window) sessionStorage.setItem('keyward.session', kept);
  }, JSON.stringify({ token }));
  await page.goto(address);
  return page;
}

/** The frames of blocks on a page. */
export const blocks = (page) => page.frames().filter((frame) => frame.url().endsWith('/block/frame.html'));
