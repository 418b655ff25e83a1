import { createHash } from 'node:crypto';
import { CHARTS } from './charts.ts';
import { CLIENT } from './client.ts';
import { STYLE } from './style.ts';

const SCRIPT = `'use strict';\n(() => {${CHARTS}${CLIENT}})();\n`;

const tile = (title: string, value: string, below: string): string =>
  `<div class="card tile"><span>${title}</span><b id="${value}">–</b>${below}</div>`;

/** The live page: one document that needs nothing but the stream of events beside it. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="makergym">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>makergym shadow</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1 id="symbol">makergym</h1>
<div class="about" id="about">shadow session</div>
<div class="pills"><span class="pill" id="link">connecting</span><span class="pill" id="health">–</span>
<span class="pill" id="book">–</span></div>
</header>
<main>
<noscript><p class="card">This page needs JavaScript. The same figures are at <a href="metrics">/metrics</a>.</p></noscript>
<section class="tiles" aria-label="Session">
${tile('Would-be PnL', 'pnl', '<i>marked to mid</i>')}
${tile('Inventory', 'inventory', '<i id="sigma"></i>')}
${tile('Decided by', 'decider', '<i id="decisions"></i>')}
${tile('Our quotes', 'width', '<i id="quotes"></i>')}
${tile('Fills', 'fills', '<i id="ack"></i>')}
${tile('Orders', 'orders', '<i id="cancels"></i>')}
${tile('Decision p99', 'p99', '<i id="p999"></i>')}
${tile('Book lag', 'lag', '<i id="waiting"></i>')}
</section>
<div class="side">
<section class="card ladder">
<div class="head"><h2>Book and our quotes</h2></div>
<table><thead><tr><th>Price</th><th>Size</th><th>Ours, lots / ahead</th></tr></thead>
<tbody class="asks" id="asks"></tbody>
<tbody class="middle"><tr><td colspan="3"><span id="mid">unknown</span><span class="note" id="spread"></span></td></tr></tbody>
<tbody class="bids" id="bids"></tbody></table>
</section>
<div class="charts">
<section class="card">
<div class="head"><h2>Mid and quotes</h2><span class="note" id="quotes-chart-at"></span>
<span class="choice" role="group" aria-label="Minutes shown"><button type="button" id="short" aria-pressed="false">1 min</button><button
type="button" id="long" aria-pressed="true">5 min</button></span></div>
<canvas class="tall" id="quotes-chart" role="img" aria-label="Mid and own quotes over the last minutes"></canvas>
<div class="legend"><span class="k-mid">mid</span><span class="k-bid">our bid</span><span class="k-ask">our ask</span>
<b></b><span class="strip k-pnl">policy decides</span><span class="strip warn">V1.5</span>
<span class="strip k-inventory">V1-α</span><span class="strip bad">nobody</span></div>
</section>
<div class="pair">
<section class="card">
<div class="head"><h2>Inventory</h2><span class="note" id="inventory-chart-at"></span></div>
<canvas class="low" id="inventory-chart" role="img" aria-label="Inventory over the last minutes"></canvas>
</section>
<section class="card">
<div class="head"><h2>Would-be PnL</h2><span class="note" id="pnl-chart-at"></span></div>
<canvas class="low" id="pnl-chart" role="img" aria-label="Would-be profit over the last minutes"></canvas>
</section>
</div>
</div>
</div>
<div class="three">
<section class="card"><div class="head"><h2>Interventions</h2><span class="note" id="interventions-sum"></span></div>
<ul class="facts" id="interventions"></ul></section>
<section class="card"><div class="head"><h2>Fallbacks</h2><span class="note" id="deciders"></span></div>
<ul class="facts" id="fallbacks"></ul></section>
<section class="card"><div class="head"><h2>Feed</h2><span class="note" id="loop"></span></div>
<ul class="facts double" id="feed"></ul></section>
</div>
<div class="two">
<section class="card"><div class="head"><h2>Drift from training</h2><span class="note" id="drift-sum"></span></div>
<div class="scroll" tabindex="0"><table class="drift"><thead><tr><th>Feature</th><th>PSI</th><th>Mean shift</th>
<th>σ ratio</th></tr></thead><tbody id="drift"></tbody></table></div></section>
<section class="card"><div class="head"><h2>What happened</h2><span class="note">UTC</span></div>
<div class="scroll" tabindex="0"><p class="empty" id="no-events">Nothing yet.</p><ol class="events" id="events"></ol></div>
</section>
</div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing runs, looks or connects but what the page brings, and the stream of this very server. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hash(SCRIPT)}`,
  `style-src ${hash(STYLE)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
