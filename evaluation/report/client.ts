/**
 * The page's script: draws each chart again with ECharts, in the reader's colours, to be hovered and zoomed; follows
 * the window's width and a change of the colour scheme. Without scripts the static drawings stay.
 */
export const CLIENT = `
(() => {
  const { charts, colours } = JSON.parse(document.getElementById('charts').textContent);
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');
  const number = (x) => x === null || x === undefined ? '–'
    : Number(x).toLocaleString('en-US', { maximumSignificantDigits: 7 }).replace('-', '−');
  const clock = (ms) => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC');
  const tooltip = (items) => {
    if (items.length === 0) return '';
    const first = items[0];
    const head = first.axisType === 'xAxis.time' ? clock(first.axisValue) : number(first.axisValue) + ' timesteps';
    const seen = new Set();
    const rows = items.flatMap((item) => {
      const fill = item.seriesType === 'scatter';
      const text = fill ? escape(item.name)
        : escape(item.seriesName) + ' <b>' + escape(number(item.value[1])) + '</b>'
          + (item.axisIndex === 1 ? ' lots' : '');
      return seen.has(text) ? [] : (seen.add(text), [item.marker + text]);
    });
    return escape(head) + '<br>' + rows.join('<br>');
  };
  const drawn = [];
  const themed = (option) => {
    const style = getComputedStyle(document.documentElement);
    let text = JSON.stringify(option);
    for (const [placeholder, name] of Object.entries(colours)) {
      text = text.split(placeholder).join(style.getPropertyValue(name).trim());
    }
    const result = JSON.parse(text);
    result.tooltip.formatter = tooltip;
    result.animation = false;
    return result;
  };
  const draw = () => {
    for (const chart of charts) {
      const element = document.getElementById(chart.id);
      const old = drawn.find((each) => each.id === chart.id);
      const kept = old && old.instance.getOption().dataZoom;
      if (old) old.instance.dispose();
      else { element.innerHTML = ''; element.classList.remove('static'); element.style.height = chart.height + 'px'; }
      const instance = echarts.init(element);
      const option = themed(chart.option);
      if (kept && option.dataZoom) option.dataZoom.forEach((zoom, i) => {
        zoom.start = kept[i].start; zoom.end = kept[i].end;
      });
      instance.setOption(option);
      if (old) old.instance = instance; else drawn.push({ id: chart.id, instance });
    }
  };
  draw();
  addEventListener('resize', () => drawn.forEach(({ instance }) => instance.resize()));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
`;
