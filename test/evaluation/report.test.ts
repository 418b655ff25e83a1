import assert from 'node:assert/strict';
import { parseProgress } from '../../evaluation/report/learning-curves.ts';
import { type ReportData, reportPage, sessionFacts } from '../../evaluation/report/page.ts';
import { compare } from '../../evaluation/statistics.ts';
import { judgeTargets } from '../../evaluation/targets.ts';
import { fakeSession } from './fake-session.ts';

const EMPTY: ReportData = {
  title: 'Run <script>alert(1)</script> & "co"',
  lead: 'nothing yet',
  progress: null,
  session: null,
  judgement: null,
  facts: [],
  missing: [
    { what: 'No KPIs: the run was not evaluated yet.', command: 'makergym evaluate RUN --tape <TAPE>' },
  ],
};

const CSV = [
  'time/total_timesteps,rollout/ep_rew_mean,eval/score,train/critic_loss,safety/offset',
  '1000,1.5,,0.5,0',
  '2000,2.5,7,0.4,0',
  '3000,2,,0.3,0',
].join('\n');

function full(): ReportData {
  const { session, recorders } = fakeSession(
    [
      { name: 'runs/<b>first</b>', role: 'candidate', edge: 0.0006 },
      { name: 'v15', role: 'baseline', edge: 0.0004 },
      { name: 'fixed', role: 'control', edge: -0.0002 },
    ],
    900,
  );
  const [ours, theirs] = recorders.map((recorder) => ({ kpis: recorder.result(), blocks: recorder.blocks }));
  const comparison = compare(ours, theirs, { blockSeconds: 60, resamples: 200, significance: 0.05, seed: 0 });
  const targets = judgeTargets({
    candidate: ours.kpis,
    v15: theirs.kpis,
    v1: theirs.kpis,
    maxInventory: 10,
  });
  return {
    ...EMPTY,
    title: 'Run first',
    progress: parseProgress(CSV),
    session,
    judgement: { ...comparison, targets, baseline: 'v15' },
    facts: [sessionFacts(session)],
    missing: [],
  };
}

describe('The report page', () => {
  const page = reportPage(full());

  it('needs nothing but itself: no link, image, font or script from elsewhere', () => {
    const own = page.slice(0, page.indexOf('<script>')) + page.slice(page.lastIndexOf('<script>'));
    const foreign = [
      /<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=/i,
      /url\((?!#)|@import/i,
      /https?:\/\/(?!www\.w3\.org\/(?:2000\/svg|1999\/xlink)")/,
    ];
    for (const pattern of foreign) assert.equal(pattern.exec(own)?.[0], undefined);
  });

  it('draws every chart without a browser, in colours of the reader’s scheme', () => {
    const charts = [...page.matchAll(/<div class="chart static" id="([^"]+)"/g)].map(([, id]) => id);
    // Safety never intervened: no chart of zeros.
    assert.deepEqual(charts, ['session', 'quotes', 'curve-0', 'curve-1', 'curve-2']);
    assert.equal(page.match(/<svg /g)?.length, charts.length);
    const markup = page.slice(0, page.indexOf('<script type="application/json"'));
    assert.match(markup, /var\(--ink\)/);
    assert.doesNotMatch(markup, /#01020[3-6]/);
  });

  it('carries the charts as data for the interactive drawing, and every script ends where it should', () => {
    const json = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    const { charts } = JSON.parse(json) as { charts: { id: string; option: { series: unknown[] } }[] };
    assert.equal(charts[0].option.series.length, 6);
    assert.equal(page.match(/<script/g)?.length, page.match(/<\/script>/g)?.length);
  });

  it('gives every drawing ids of its own, so that none clips another', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('escapes every name that came from outside', () => {
    assert.doesNotMatch(page, /<b>first<\/b>/);
    assert.match(page, /runs\/&lt;b&gt;first&lt;\/b&gt;/);
    const bare = reportPage(EMPTY);
    assert.doesNotMatch(bare, /<script>alert/);
    assert.match(bare, /&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;co&quot;/);
  });

  it('shows KPIs with units, targets met or not, the verdict and its interval', () => {
    assert.match(page, /Net PnL \(USDT\)/);
    assert.match(page, /Sharpe \(per 10 s\)/);
    assert.match(page, /(✓ met|✗ missed)/);
    assert.match(page, /class="badge (better|worse|inconclusive)"/);
    assert.match(page, /95 % interval \[/);
    assert.doesNotMatch(page.slice(0, page.indexOf('<script')), /NaN|undefined|null/);
  });

  it('of a run without evaluation says what is missing and the command that makes it', () => {
    const bare = reportPage(EMPTY);
    assert.match(bare, /was not evaluated yet/);
    assert.match(bare, /makergym evaluate RUN --tape &lt;TAPE&gt;/);
    assert.doesNotMatch(bare, /<svg/);
  });
});

describe('progress.csv', () => {
  it('reads empty cells as no data, and a file without rows as none', () => {
    const progress = parseProgress(CSV);
    assert.deepEqual(progress?.timesteps, [1000, 2000, 3000]);
    assert.deepEqual(progress?.columns.get('eval/score'), [Number.NaN, 7, Number.NaN]);
    assert.equal(parseProgress('time/total_timesteps\n'), null);
  });
});
