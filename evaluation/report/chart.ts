import * as echarts from 'echarts';

/** A chart of the page: an ECharts option of plain JSON, so that the page can draw it again, and its size. */
export interface Chart {
  readonly id: string;
  readonly option: Readonly<Record<string, unknown>>;
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
}

/**
 * Colours that depend on the reader's light or dark scheme. In options they are placeholders: the static drawing
 * turns them into CSS variables, the interactive one into the variables' values.
 */
export const THEME_COLOURS = {
  '#010203': '--ink',
  '#010204': '--muted',
  '#010205': '--line',
  '#010206': '--panel',
};
export const INK = '#010203';
export const MUTED = '#010204';
export const LINE = '#010205';
export const PANEL = '#010206';

/** Draws a chart as SVG, without a browser. */
export function staticSvg(chart: Chart): string {
  const instance = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: chart.width,
    height: chart.height,
  });
  instance.setOption({ ...chart.option, animation: false });
  let svg = instance.renderToSVGString({ useViewBox: true });
  instance.dispose();
  for (const [placeholder, variable] of Object.entries(THEME_COLOURS)) {
    svg = svg.replaceAll(placeholder, `var(${variable})`);
  }
  return svg;
}

/** Parts that every chart shares. */
export const TEXT = {
  color: MUTED,
  fontFamily: 'system-ui, -apple-system, Segoe UI, Roboto, sans-serif',
  fontSize: 12,
} as const;

/** A value axis with a name that says the unit. */
export function valueAxis(name: string, extra: Readonly<Record<string, unknown>> = {}) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 62,
    nameTextStyle: { ...TEXT, color: MUTED },
    axisLabel: { ...TEXT },
    splitLine: { lineStyle: { color: LINE } },
    scale: true,
    ...extra,
  };
}

/** A time axis in UTC. */
export function timeAxis(extra: Readonly<Record<string, unknown>> = {}) {
  return {
    type: 'time',
    axisLabel: { ...TEXT, hideOverlap: true },
    axisLine: { lineStyle: { color: LINE } },
    axisTick: { lineStyle: { color: LINE } },
    splitLine: { show: false },
    ...extra,
  };
}

/** What reads values off under the pointer; the page fills in how numbers are written. */
export const TOOLTIP = {
  trigger: 'axis',
  confine: true,
  axisPointer: { type: 'line', lineStyle: { color: MUTED, type: 'dashed' } },
  backgroundColor: PANEL,
  borderColor: LINE,
  textStyle: { ...TEXT, color: INK },
} as const;

export const LEGEND = {
  top: 0,
  left: 'center',
  // Without a browser echarts only guesses how wide a name is.
  itemGap: 32,
  textStyle: { ...TEXT, color: INK },
  icon: 'roundRect',
} as const;
