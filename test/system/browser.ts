import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real Chromium: at CHROMIUM_PATH, or where Debian puts it. */
export async function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(
      `These tests need Chromium, and there is none at ${executablePath}: apt-get install chromium, or set CHROMIUM_PATH.`,
    );
  }
  return await chromium.launch({ executablePath, args: flags });
}

/** A phone's page of its own; the test fails on any script error or anything the page could not load. */
export async function phone(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 800 }, hasTouch: true });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(troubles).toEqual([]);
  });
  return page;
}

/** What a page must have for people who do not see it well or have no mouse, and for a narrow screen. */
export async function expectUsable(page: Page): Promise<void> {
  expect(await page.locator('h1').count()).toBe(1);
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  const problems = await page.evaluate(`(() => {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the screen');
    for (const image of document.images) {
      if (!image.alt) found.push('an image without alt');
      if (!image.complete || image.naturalWidth === 0) found.push('an image that does not load: ' + image.src);
    }
    for (const control of document.querySelectorAll('button, a')) {
      if (!control.textContent.trim()) found.push('a control without a name');
    }
    for (const button of document.querySelectorAll('button')) {
      if (button.getBoundingClientRect().height < 44) found.push('a button too small for a finger: ' + button.textContent);
    }
    for (const input of document.querySelectorAll('input:not([type=hidden])')) {
      if (input.labels.length === 0) found.push('an input without a label');
    }
    return found;
  })()`);
  expect(problems).toEqual([]);
}
