import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ShadowMonitor } from '../../../live/monitor/shadow-monitor.ts';
import { type Family, parsePrometheusText } from '../../support/prometheus-text.ts';
import { FakeStatus } from './fake-status.ts';

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url));

/** Grafana's dashboard model, as far as a dashboard must keep to it to be imported and drawn. */
const source = z.object({ type: z.literal('prometheus'), uid: z.string().regex(/^\$\{datasource\}$/) });
const place = z.object({
  x: z.number().int().min(0).max(23),
  y: z.number().int().min(0),
  w: z.number().int().min(1).max(24),
  h: z.number().int().min(1),
});
const target = z.object({
  refId: z.string().regex(/^[A-Z]$/),
  expr: z.string().min(1),
  legendFormat: z.string().min(1),
  datasource: source,
});
const drawn = z.object({
  id: z.number().int().positive(),
  type: z.enum(['timeseries', 'stat', 'heatmap']),
  title: z.string().min(1),
  gridPos: place,
  datasource: source,
  targets: z.array(target).min(1),
  options: z.record(z.string(), z.unknown()),
  fieldConfig: z.object({
    defaults: z.object({
      unit: z.string().min(1),
      thresholds: z.object({ steps: z.array(z.unknown()).min(1) }),
    }),
    overrides: z.array(z.unknown()),
  }),
});
const row = z.object({
  id: z.number().int().positive(),
  type: z.literal('row'),
  title: z.string().min(1),
  gridPos: place,
  collapsed: z.literal(false),
  panels: z.array(z.never()),
});
const dashboard = z.object({
  title: z.literal('makergym'),
  uid: z.string().regex(/^[\w-]{1,40}$/),
  schemaVersion: z.number().int().min(36),
  panels: z.array(z.union([drawn, row])).min(10),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.enum(['datasource', 'query']) })),
  }),
  annotations: z.object({ list: z.array(z.object({ datasource: source, expr: z.string() })) }),
});

describe('Grafana dashboard', () => {
  const text = readFileSync(join(DOCS, 'grafana/makergym.json'), 'utf8');
  const board = dashboard.parse(JSON.parse(text));
  const panels = board.panels.filter((panel) => panel.type !== 'row');
  const queries = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...board.annotations.list.map(({ expr }) => expr),
  ];
  let families: Map<string, Family>;
  before(async () => {
    const monitor = await ShadowMonitor.start({ listen: { port: 0 }, info: {} });
    const status = new FakeStatus();
    status.advance();
    status.clock.add(0, 1, 2);
    monitor.watch(status);
    monitor.onAlarm('clock-offset', '');
    families = parsePrometheusText(await (await fetch(`${monitor.url}metrics`)).text());
    await monitor.close();
  });

  /** The metric that a series of a query belongs to. */
  const familyOf = (series: string): Family | undefined =>
    families.get(series) ?? families.get(series.replace(/_(bucket|sum|count)$/, ''));

  const seriesOf = (query: string): string[] => query.match(/\b(makergym|process|nodejs)_\w+/g) ?? [];

  it('asks for metrics that exist', () => {
    for (const query of queries) {
      assert.ok(seriesOf(query).length > 0, query);
      for (const series of seriesOf(query)) assert.ok(familyOf(series), `${series} in ${query}`);
    }
  });

  it('takes rates of counters and histograms, and of nothing else', () => {
    for (const query of queries) {
      for (const series of seriesOf(query)) {
        const rated = new RegExp(`(rate|increase)\\(${series}\\{[^}]*\\}\\[`).test(query);
        const type = familyOf(series)?.type;
        assert.equal(rated, type === 'counter' || type === 'histogram', `${series} in ${query}`);
      }
    }
  });

  it('groups and labels by labels that its metrics have, or that Prometheus adds', () => {
    const labels = (series: string): Set<string> =>
      new Set([
        ...(familyOf(series)?.samples ?? []).flatMap((sample) => Object.keys(sample.labels)),
        'job',
        'instance',
      ]);
    for (const { targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const [series] = seriesOf(expr);
        const grouped = expr.match(/by \(([^)]*)\)/)?.[1].split(/, ?/);
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        for (const label of [...(grouped ?? []), ...shown])
          assert.ok(labels(series).has(label), `${label}: ${expr}`);
        if (/^(sum|min|max|hist)/.test(expr))
          for (const label of shown) assert.ok(grouped?.includes(label), `${label} is summed away: ${expr}`);
      }
    }
  });

  it('every query is of the sessions that were chosen', () => {
    assert.deepEqual(
      board.templating.list.map(({ name }) => name),
      ['datasource', 'job', 'instance'],
    );
    for (const query of queries)
      assert.equal(
        query.split('{job=~"$job",instance=~"$instance"}').length - 1,
        seriesOf(query).length,
        query,
      );
  });

  it('no two panels are one or lie on one another', () => {
    assert.equal(new Set(board.panels.map(({ id }) => id)).size, board.panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of board.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          const before = taken.get(`${x},${y}`);
          assert.equal(before, undefined, `${title} lies on ${before}`);
          taken.set(`${x},${y}`, title);
        }
      }
    }
  });

  it('the page of monitoring lists the metrics that there are', () => {
    const page = readFileSync(join(DOCS, 'monitoring.md'), 'utf8');
    for (const name of families.keys()) {
      if (name.startsWith('makergym_')) assert.ok(page.includes(`\`${name}\``), `${name} is not documented`);
    }
    for (const series of seriesOf(page))
      assert.ok(familyOf(series), `${series} is documented and does not exist`);
  });
});
