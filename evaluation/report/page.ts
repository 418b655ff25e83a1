import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { formatTime } from '../../base/time.ts';
import { describeExchange } from '../../env/exchange/describe.ts';
import { formatNumber, formatSigned, KPI_LABELS } from '../kpi-labels.ts';
import { type LaneRecord, quoteCurrency, type SessionRecord } from '../session-record.ts';
import type { ComparedKpi, Comparison } from '../statistics.ts';
import type { Target } from '../targets.ts';
import { kpiTitle } from '../text-table.ts';
import { type Chart, staticSvg, THEME_COLOURS } from './chart.ts';
import { CLIENT } from './client.ts';
import { Html, html, scriptJson } from './html.ts';
import { learningCharts, type Progress } from './learning-curves.ts';
import { quotesChart, sessionChart } from './session-charts.ts';
import { STYLE } from './style.ts';

/** What a page is made of; what is null is left out, and `missing` says why. */
export interface ReportData {
  readonly title: string;
  readonly lead: string;
  readonly progress: Progress | null;
  readonly session: SessionRecord | null;
  readonly judgement:
    | (Comparison & { readonly targets: readonly Target[]; readonly baseline: string })
    | null;
  readonly facts: readonly Facts[];
  readonly missing: readonly { readonly what: string; readonly command: string | null }[];
}

/** A table of names and values: configuration, provenance. */
export interface Facts {
  readonly title: string;
  readonly entries: readonly (readonly [string, string])[];
  /** Long tables begin folded. */
  readonly folded?: boolean;
}

/** The whole report as one HTML page that needs nothing but itself. */
export function reportPage(data: ReportData): string {
  const { session } = data;
  const overview = session === null ? null : sessionChart(session);
  const shown = session?.lanes.find((lane) => lane.stretch !== null && lane.stretch.time.length > 1);
  const quotes =
    session === null || shown?.stretch == null ? null : quotesChart(session, shown, shown.stretch);
  const curves = data.progress === null ? [] : learningCharts(data.progress);
  const charts = [overview, quotes, ...curves].filter((chart): chart is Chart => chart !== null);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="makergym">
<title>${data.title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${data.title}</h1>
<p class="lead">${data.lead}</p>
${data.missing.length > 0 && missingSection(data.missing)}
${data.judgement !== null && verdictSection(data.judgement)}
${session !== null && kpiSection(session, data.judgement)}
${data.judgement !== null && targetSection(data.judgement.targets)}
${
  overview !== null &&
  html`<section><h2>Equity and inventory</h2>${figure(overview)}
<p class="note">Equity is net of fees and marked to mid. Drag the bar below to zoom, or hold Ctrl and turn the wheel.
Times are UTC.</p></section>`
}
${
  quotes !== null &&
  shown !== undefined &&
  html`<section><h2>Quotes of ${shown.name} around the mid</h2>${figure(quotes)}
<p class="note">The ten minutes with the most fills; ▲ bought, ▼ sold. Hover a fill for its reason: its turn in the
<i>queue</i> came, a trade went <i>through</i> its price, or the opposite best <i>crossed</i> it; <i>taker</i> is the
flattening at the end.</p></section>`
}
${curves.length > 0 && html`<section><h2>Learning</h2><div class="grid">${curves.map(figure)}</div></section>`}
${data.facts.map(factsSection)}
</main>
<script type="application/json" id="charts">${scriptJson({
    charts: charts.map(({ id, option, height }) => ({ id, option, height })),
    colours: THEME_COLOURS,
  })}</script>
${charts.length > 0 && html`<script>${library()}</script><script>${new Html(CLIENT)}</script>`}
</body>
</html>
`;
  return page.text;
}

function figure(chart: Chart): Html {
  return html`<div class="chart static" id="${chart.id}" role="img" aria-label="${chart.label}">${new Html(staticSvg(chart))}</div>`;
}

/** ECharts' own script, put into the page so that it works without a network. */
function library(): Html {
  const path = createRequire(import.meta.url).resolve('echarts/dist/echarts.common.min.js');
  return new Html(readFileSync(path, 'utf8').replaceAll('</script', '<\\/script'));
}

function missingSection(missing: ReportData['missing']): Html {
  return html`<section class="missing"><h2>Not in this report</h2>
${missing.map(({ what, command }) => html`<p>${what}</p>${command !== null && html`<code>${command}</code>`}`)}</section>`;
}

function verdictSection(judgement: NonNullable<ReportData['judgement']>): Html {
  const { bootstrap, difference } = judgement;
  const { ci95 } = difference.pnl;
  return html`<section><h2>Verdict against ${judgement.baseline}</h2>
<div class="verdict"><span class="badge ${judgement.verdict}">${judgement.verdict}</span><span>${judgement.reason}</span></div>
<p class="note">Difference of net PnL ${formatSigned(difference.pnl.absolute)}${
    ci95 !== null &&
    html`, 95 % interval [${formatSigned(ci95[0])}, ${formatSigned(ci95[1])}], p = ${formatNumber(difference.pnl.pValue, 2)}`
  }. Both traded the same ticks; ${bootstrap.method}, ${formatNumber(bootstrap.blocks)} blocks of
${formatNumber(bootstrap.blockSeconds)} s, ${formatNumber(bootstrap.resamples)} resamples.</p></section>`;
}

function kpiSection(session: SessionRecord, judgement: ReportData['judgement']): Html {
  const currency = quoteCurrency(session.instrument);
  const { lanes } = session;
  const head = lanes.map((lane) => html`<th>${lane.name}<br><small>${lane.role}</small></th>`);
  const differenceHead =
    judgement !== null &&
    html`<th>Difference<br><small>to ${judgement.baseline}</small></th><th>95 % interval</th><th>p</th>`;
  const rows = KPI_LABELS.map(({ name, label, unit, meaning }) => {
    const difference = judgement?.difference[name as ComparedKpi];
    return html`<tr><td title="${meaning}">${kpiTitle(label, unit, currency, lanes[0]?.kpis)}</td>
${lanes.map((lane) => kpiCell(lane, formatNumber(lane.kpis[name])))}${judgement !== null && differenceCells(difference)}</tr>`;
  });
  return html`<section><h2>Key figures</h2><div class="scroll"><table>
<thead><tr><th></th>${head}${differenceHead}</tr></thead><tbody>${rows}</tbody></table></div>
<p class="note">A dash: no data. Hover a name for its definition. Relative differences stand in brackets.</p></section>`;
}

function kpiCell(lane: LaneRecord, text: string): Html {
  return html`<td${lane.role === 'candidate' && new Html(' class="own"')}>${text}</td>`;
}

function differenceCells(difference: Comparison['difference'][ComparedKpi] | undefined): Html {
  if (difference === undefined) return html`<td></td><td></td><td></td>`;
  const { absolute, relative, ci95, pValue } = difference;
  return html`<td>${formatSigned(absolute)}${
    relative !== null && html` <small>(${formatSigned(100 * relative, 3)} %)</small>`
  }</td><td>${ci95 === null ? '–' : `${formatSigned(ci95[0])} … ${formatSigned(ci95[1])}`}</td><td>${formatNumber(pValue, 2)}</td>`;
}

function targetSection(targets: readonly Target[]): Html {
  const outcome = ({ met }: Target) =>
    met === null
      ? html`<span class="inconclusive">not known</span>`
      : met
        ? html`<span class="better">✓ met</span>`
        : html`<span class="worse">✗ missed</span>`;
  return html`<section><h2>Targets</h2><div class="scroll"><table>
<thead><tr><th></th><th>Target</th><th>Reached</th><th></th></tr></thead><tbody>
${targets.map(
  (target) => html`<tr><td>${target.description}${target.note && html` <small>(${target.note})</small>`}</td>
<td>${target.relation} ${formatNumber(target.target)} ${target.unit}</td>
<td>${target.value === null ? '–' : `${formatNumber(target.value, 4)} ${target.unit}`}</td><td>${outcome(target)}</td></tr>`,
)}</tbody></table></div>
<p class="note">Judged on the values themselves; whether a difference is more than chance is in the table above.</p></section>`;
}

function factsSection({ title, entries, folded }: Facts): Html {
  const table = html`<table class="facts"><tbody>${entries.map(
    ([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>`,
  )}</tbody></table>`;
  return html`<section><h2>${title}</h2>${
    folded ? html`<details><summary>${entries.length} settings</summary>${table}</details>` : table
  }</section>`;
}

/** What was traded, for whom it may concern: the facts of a session. */
export function sessionFacts(session: SessionRecord): Facts {
  const { instrument, settings } = session;
  return {
    title: 'Session',
    entries: [
      ['Instrument', `${instrument.symbol} on ${instrument.venue}`],
      ['Tick, step', `${instrument.tickSize}, ${instrument.stepSize}`],
      ...session.tapes.map(
        ({ path, start, end, checksum }) =>
          ['Tape', `${path}: ${formatTime(start)} to ${formatTime(end)}, SHA-256 ${checksum}`] as const,
      ),
      ['Lot', `${session.lot} base`],
      ['Largest inventory', `${settings.maxInventory} lots`],
      ...describeExchange(settings),
      ['Decisions', `every ${settings.decisionIntervalMs} ms`],
    ],
  };
}
