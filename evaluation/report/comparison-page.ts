import type { ComparedFact } from '../../market/comparison/compare.ts';
import { formatNumber, formatSigned } from '../kpi-labels.ts';
import { staticSvg } from './chart.ts';
import { type ComparedMarkets, comparisonCharts } from './comparison-charts.ts';
import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** What the page is made of. */
export interface ComparisonData extends ComparedMarkets {
  /** What each of the two is: instrument, span, counts. */
  readonly descriptions: readonly [string, string];
  readonly table: readonly ComparedFact[];
}

/** Two markets side by side, as one HTML page that needs nothing but itself. */
export function comparisonPage(data: ComparisonData): string {
  const { names, descriptions, table } = data;
  const title = `${names[0]} beside ${names[1]}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="makergym">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="lead">${names[0]}: ${descriptions[0]}<br>${names[1]}: ${descriptions[1]}</p>
<section><h2>Stylised facts</h2><div class="scroll"><table>
<thead><tr><th></th><th>Figure</th><th>${names[0]}</th><th>${names[1]}</th><th>Difference</th><th>KS</th>
<th>Wasserstein</th><th>Curves</th></tr></thead>
<tbody>${table.map(row)}</tbody></table></div>
<p class="note">KS is the largest difference of the two distribution functions (Kolmogorov–Smirnov, 0 to 1); Wasserstein,
in the fact’s unit, is how far probability has to be moved; Curves is the mean absolute difference of the points drawn
below (of the signature plot, of its logarithms). Books are sampled every 0.1 s. Trades of one side at one exchange time
are one market order. Reference orders of the smallest size join the best queues every second, behind all that is
displayed; only trades move them up. A dash: no data.</p></section>
<section><h2>Pictures</h2><div class="grid">${comparisonCharts(data).map(
    (chart) =>
      html`<div class="chart static" id="${chart.id}" role="img" aria-label="${chart.label}">${new Html(staticSvg(chart))}</div>`,
  )}</div></section>
</main>
</body>
</html>
`;
  return page.text;
}

function row({ fact, unit, figure, a, b, relativeDifference, ...distances }: ComparedFact): Html {
  const cell = (value: number | null, digits = 3) => html`<td>${formatNumber(value, digits)}</td>`;
  return html`<tr><td>${fact}${unit !== '' && html` <small>${unit}</small>`}</td><td>${figure}</td>${cell(a)}${cell(b)}
<td>${relativeDifference === null ? '–' : `${formatSigned(100 * relativeDifference, 3)} %`}</td>
${cell(distances.ks, 2)}${cell(distances.wasserstein)}${cell(distances.meanAbsoluteDifference, 2)}</tr>`;
}
