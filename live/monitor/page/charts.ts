/**
 * The live page's charts, a script without dependencies: lines over the tape's time on a canvas, with gaps where a value
 * was not known, fills as triangles, and along the bottom a strip that tells who decided. Scales move in round steps, so
 * that a chart does not tremble with each point.
 */
export const CHARTS = `
const charts = (() => {
  const RIGHT = 66, BOTTOM = 30, TOP = 8, STRIP = 5;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const WHO = ['--accent', '--warn', '--own', '--bad'];
  const SPANS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400];

  const niceStep = (rough) => {
    const power = 10 ** Math.floor(Math.log10(rough));
    const share = rough / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
  };

  /** Range of the values from index first on, in round steps; at least least wide. */
  const range = (columns, first, least) => {
    let low = Infinity, high = -Infinity;
    for (const column of columns) {
      for (let i = first; i < column.length; i++) {
        const value = column[i];
        if (value === null) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (low > high) return null;
    const short = least - (high - low);
    if (short > 0) { low -= short / 2; high += short / 2; }
    const step = niceStep((high - low) / 4);
    return { low: Math.floor(low / step + 1e-9) * step, high: Math.ceil(high / step - 1e-9) * step, step };
  };

  const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

  class Chart {
    constructor(id, spec) {
      this.canvas = document.getElementById(id);
      this.readout = document.getElementById(id + '-at');
      this.spec = spec;
      this.pointer = null;
      this.size();
      new ResizeObserver(() => { this.size(); requestDraw(); }).observe(this.canvas);
      this.canvas.addEventListener('pointermove', (event) => { this.pointer = event.offsetX; requestDraw(); });
      this.canvas.addEventListener('pointerleave', () => { this.pointer = null; requestDraw(); });
    }

    size() {
      const ratio = devicePixelRatio || 1;
      const { clientWidth, clientHeight } = this.canvas;
      this.width = clientWidth;
      this.height = clientHeight;
      this.canvas.width = Math.round(clientWidth * ratio);
      this.canvas.height = Math.round(clientHeight * ratio);
      this.canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
    }

    draw(all, fills, points, sampleMs) {
      const samples = Object.fromEntries(Object.entries(all).map(([name, column]) => [name, column.slice(-points)]));
      const { lines, least, format, zero } = this.spec;
      const context = this.canvas.getContext('2d');
      context.clearRect(0, 0, this.width, this.height);
      const t = samples.t;
      const count = t.length;
      const columns = lines.map((line) => samples[line.key]);
      const y = range(zero ? [...columns, [0]] : columns, 0, least());
      const right = this.width - RIGHT, bottom = this.height - BOTTOM;
      context.font = '11px system-ui, sans-serif';
      if (count < 1 || y === null) {
        context.fillStyle = css('--muted');
        context.fillText('nothing known yet', 4, TOP + 12);
        if (this.readout) this.readout.textContent = '';
        return;
      }
      const end = t[count - 1];
      // A young session fills a narrower window first.
      const whole = points * sampleMs;
      const wanted = [60000, 120000, whole].find((window) => window >= end - t[0]) || whole;
      const start = Math.min(t[0], end - Math.min(wanted, whole));
      const toX = (ms) => ((ms - start) / (end - start)) * right;
      const toY = (value) => bottom - ((value - y.low) / (y.high - y.low)) * (bottom - TOP);
      this.grid(context, y, toY, start, end, toX, right, bottom, format);
      context.save();
      context.beginPath();
      context.rect(0, 0, right, this.height);
      context.clip();
      for (const line of lines) this.line(context, line, t, samples[line.key], toX, toY);
      if (this.spec.fills) this.fills(context, fills, start, toX, toY);
      this.strip(context, samples, toX, bottom);
      context.restore();
      this.cross(context, samples, toX, bottom, right);
    }

    grid(context, y, toY, start, end, toX, right, bottom, format) {
      context.strokeStyle = css('--line');
      context.fillStyle = css('--muted');
      context.lineWidth = 1;
      context.textBaseline = 'middle';
      context.textAlign = 'left';
      context.beginPath();
      const steps = Math.round((y.high - y.low) / y.step);
      for (let i = 0; i <= steps; i++) {
        const value = y.low + i * y.step;
        const at = Math.round(toY(value)) + 0.5;
        context.moveTo(0, at);
        context.lineTo(right, at);
        context.fillText(format(value, y.step), right + 6, at);
      }
      context.stroke();
      const wanted = (end - start) / 1000 / Math.max(2, right / 90);
      const every = 1000 * (SPANS.find((span) => span >= wanted) || 86400 * Math.ceil(wanted / 86400));
      context.textBaseline = 'alphabetic';
      context.textAlign = 'center';
      for (let ms = Math.ceil(start / every) * every; ms <= end; ms += every) {
        const x = toX(ms);
        if (x > 26 && x < right - 20) context.fillText(clock(ms), x, bottom + 24);
      }
    }

    line(context, { colour, width, step }, t, values, toX, toY) {
      context.strokeStyle = css(colour);
      context.lineWidth = width;
      context.lineJoin = 'round';
      context.beginPath();
      let last = null;
      for (let i = 0; i < values.length; i++) {
        if (values[i] === null) { last = null; continue; }
        const x = toX(t[i]), at = toY(values[i]);
        if (last === null) context.moveTo(x, at);
        else {
          if (step) context.lineTo(x, last);
          context.lineTo(x, at);
        }
        last = at;
      }
      context.stroke();
    }

    fills(context, fills, start, toX, toY) {
      for (const [ms, direction, price] of fills) {
        if (ms < start) continue;
        const x = toX(ms), at = toY(price);
        context.fillStyle = css(direction > 0 ? '--bid' : '--ask');
        context.beginPath();
        context.moveTo(x, at);
        context.lineTo(x - 5, at + 9 * direction);
        context.lineTo(x + 5, at + 9 * direction);
        context.closePath();
        context.fill();
        context.strokeStyle = css('--panel');
        context.lineWidth = 1;
        context.stroke();
      }
    }

    strip(context, samples, toX, bottom) {
      const { t, decider } = samples;
      for (let i = 0; i < t.length; ) {
        let j = i;
        while (j + 1 < t.length && decider[j + 1] === decider[i]) j++;
        const from = toX(t[i]), to = j + 1 < t.length ? toX(t[j + 1]) : toX(t[j]);
        context.fillStyle = css(WHO[decider[i]] || '--muted');
        context.fillRect(from, bottom + 5, Math.max(1, to - from), STRIP);
        i = j + 1;
      }
    }

    cross(context, samples, toX, bottom, right) {
      const { t } = samples;
      let at = t.length - 1;
      if (this.pointer !== null) {
        while (at > 0 && toX(t[at]) > this.pointer) at--;
        const x = Math.round(Math.min(right, Math.max(0, toX(t[at])))) + 0.5;
        context.strokeStyle = css('--muted');
        context.lineWidth = 1;
        context.setLineDash([3, 3]);
        context.beginPath();
        context.moveTo(x, TOP);
        context.lineTo(x, bottom);
        context.stroke();
        context.setLineDash([]);
      }
      if (this.readout) this.readout.textContent = clock(t[at]) + ' UTC  ' + this.spec.tell(samples, at);
    }
  }

  const all = [];
  let scheduled = false;
  let source = null;
  const requestDraw = () => {
    if (scheduled || source === null) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      const { samples, fills, points, sampleMs } = source();
      for (const chart of all) chart.draw(samples, fills, points, sampleMs);
    });
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', requestDraw);
  return {
    add: (id, spec) => all.push(new Chart(id, spec)),
    from: (get) => { source = get; },
    draw: requestDraw,
  };
})();
`;
