/**
 * The live page's script: listens to the session's events, keeps the last minutes, and writes what has changed into
 * places that are there already, so that nothing moves. It connects again by itself, also when a socket went deaf.
 */
export const CLIENT = `
const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const DEPTH = 10;
/** No event for this long: the connection is taken for dead, ms. */
const DEAF_MS = 5000;
const COLUMNS = ['t', 'mid', 'bid', 'ask', 'inventory', 'pnl', 'decider'];
const DECIDERS = ['policy', 'v15', 'v1', 'none'];
const NAMES = { policy: 'policy', v15: 'V1.5', v1: 'V1-α', none: 'nobody' };
const FEED = [
  ['messages', 'messages'], ['gaps', 'gaps'], ['resyncs', 'resyncs'], ['reconnects', 'reconnects'],
  ['renewals', 'renewals'], ['snapshots', 'snapshots'], ['snapshotFailures', 'snapshots failed'],
  ['checksumMismatches', 'bad checksums'], ['overflows', 'overflows'], ['silences', 'silences'],
  ['lostTrades', 'lost trades'], ['malformed', 'malformed'],
];

let latest = null, detail = null, fills = [], updates = 0, heardAt = 0, tick = 1, decimals = 2, sizeDecimals = 5;
let samples = Object.fromEntries(COLUMNS.map((name) => [name, []]));
let sampleMs = 250, length = 1200, sampledAt = -Infinity;

const MINUS = '−';
const sign = (text) => text.replace('-', MINUS);
const fixed = (value, digits) => value === null || value === undefined ? '–' : sign(value.toFixed(digits));
const whole = (value) => value === null || value === undefined ? '–' : sign(Math.round(value).toLocaleString('en-US'));
const price = (ticks) => ticks === null || ticks === undefined ? '–' : fixed(ticks * tick, decimals);
const size = (quantity) => quantity === 0 ? '' : quantity.toFixed(quantity >= 1000 ? Math.min(1, sizeDecimals)
  : quantity >= 1 ? Math.min(3, sizeDecimals) : sizeDecimals);
const signed = (value, digits) => value > 0 ? '+' + fixed(value, digits) : fixed(value, digits);
const money = (value) => signed(value, Math.abs(value) >= 1000 ? 1 : Math.abs(value) >= 1 ? 2 : 4);
const lots = (value) => signed(Math.abs(value) < 1e-9 ? 0 : value, 2);
const span = (microseconds) => microseconds === null || microseconds === undefined ? '–'
  : microseconds < 1000 ? microseconds.toFixed(0) + ' µs' : (microseconds / 1000).toFixed(1) + ' ms';
const ms = (value) => value === null || value === undefined ? '–'
  : Math.abs(value) < 10 ? fixed(value, 2) + ' ms' : Math.abs(value) < 10000 ? whole(value) + ' ms' : fixed(value / 1000, 0) + ' s';

const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const style = (element, name) => { if (element.className !== name) element.className = name; };

// The ladder's lines: asks from the worst down to the best, the mid, bids from the best down.
const lineOf = (row) => ({
  row, price: row.children[0], text: row.children[1].firstChild.nextSibling, bar: row.children[1].firstChild,
  ours: row.children[2],
});
const makeLines = (id) => {
  const body = $(id);
  for (let i = 0; i < DEPTH; i++) {
    const row = body.insertRow();
    const cells = [row.insertCell(), row.insertCell(), row.insertCell()];
    cells[0].className = 'price';
    cells[1].className = 'size';
    cells[1].append(document.createElement('div'), document.createElement('span'));
    cells[1].firstChild.className = 'bar';
    cells[2].className = 'ours';
  }
  return [...body.rows].map(lineOf);
};
const asks = makeLines('asks').reverse();
const bids = makeLines('bids');

function showSide(lines, levels, largest) {
  lines.forEach((line, i) => {
    const level = levels[i];
    const own = level !== undefined && level[2] > 0;
    style(line.row, own ? 'own' : '');
    set(line.price, level === undefined ? '' : price(level[0]));
    set(line.text, level === undefined ? '' : size(level[1]));
    const scale = 'scaleX(' + (level === undefined ? 0 : Math.sqrt(level[1] / largest)).toFixed(3) + ')';
    if (line.bar.style.transform !== scale) line.bar.style.transform = scale;
    set(line.ours, !own ? '' : fixed(level[2], 2) + (level[3] === null ? '' : ' / ' + (size(level[3]) || '0')));
  });
}

function showUpdate() {
  const u = latest;
  const largest = Math.max(1e-12, ...u.bids.map((level) => level[1]), ...u.asks.map((level) => level[1]));
  showSide(asks, u.asks, largest);
  showSide(bids, u.bids, largest);
  set($('mid'), u.mid === null ? 'unknown' : fixed(u.mid * tick, decimals + 1));
  set($('spread'), u.spread === null ? '' : 'spread ' + whole(u.spread) + (u.spread === 1 ? ' tick' : ' ticks'));
  set($('pnl'), money(u.pnl));
  style($('pnl'), u.pnl > 0 ? 'good' : u.pnl < 0 ? 'bad' : '');
  set($('inventory'), lots(u.inventory) + ' lots');
  set($('decider'), NAMES[u.decider]);
  style($('decider'), u.decider === 'policy' ? 'good' : u.decider === 'none' ? 'bad' : 'warn');
  set($('decisions'), whole(u.decisions) + ' decisions');
  set($('quotes'), price(u.bid) + '/' + price(u.ask));
  set($('width'), u.bid === null && u.ask === null ? 'none' : u.bid === null || u.ask === null ? 'one side'
    : whole(u.ask - u.bid) + (u.ask - u.bid === 1 ? ' tick' : ' ticks'));
  set($('fills'), whole(u.fills));
  set($('orders'), whole(u.orders));
  set($('cancels'), whole(u.cancels) + ' cancelled');
  set($('lag'), ms(u.lagMs));
  set($('waiting'), whole(u.waiting) + ' waiting');
  set($('sigma'), u.sigma === null ? '' : 'σ ' + fixed(u.sigma, 1) + ' ticks/√s');
  const book = $('book');
  set(book, u.synchronised ? 'book known' : 'book unknown');
  style(book, 'pill ' + (u.synchronised ? 'good' : 'bad'));
}

/** A list of names and counts: lines are made once, then only their numbers change. */
function showCounts(id, entries) {
  const list = $(id);
  while (list.children.length < entries.length) {
    const line = document.createElement('li');
    line.append(document.createElement('span'), document.createElement('b'));
    list.append(line);
  }
  while (list.children.length > entries.length) list.lastChild.remove();
  entries.forEach(([name, text, zero], i) => {
    const line = list.children[i];
    set(line.children[0], name);
    set(line.children[1], text);
    style(line, zero ? 'zero' : '');
  });
}

const words = (name) => name.replace(/[A-Z]/g, (letter) => ' ' + letter.toLowerCase()).replaceAll('-', ' ');
const total = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

function showDetail() {
  const d = detail;
  showCounts('interventions', Object.entries(d.interventions).map(([rule, n]) => [words(rule), whole(n), n === 0]));
  set($('interventions-sum'), whole(total(d.interventions)) + ' in all');
  showCounts('fallbacks', Object.entries(d.fallbacks).map(([reason, n]) => [words(reason), whole(n), n === 0]));
  const decided = Math.max(1, total(d.decisionsBy));
  set($('deciders'), DECIDERS.filter((who) => d.decisionsBy[who] > 0)
    .map((who) => NAMES[who] + ' ' + fixed(100 * d.decisionsBy[who] / decided, 1) + ' %').join(' · '));
  showCounts('feed', [
    ...FEED.map(([field, name]) => [name, whole(d.counters[field]), d.counters[field] === 0]),
    ['book age', d.bookAge === null ? '–' : fixed(d.bookAge, 1) + ' s', false],
    ['clock offset', ms(d.clock.offsetMs), false],
    ['round trip', ms(d.clock.roundTripMs), false],
  ]);
  set($('p99'), span(d.latency.p99));
  set($('p999'), 'p99.9 ' + span(d.latency.p999));
  set($('loop'), 'event loop p99 ' + ms(d.loop.p99 * 1000));
  set($('ack'), d.ackP99Ms === null ? 'ack p99 –' : 'ack p99 ' + ms(d.ackP99Ms));
  const health = $('health');
  set(health, d.health.status === 'ok' ? 'healthy' : 'failing');
  style(health, 'pill ' + (d.health.status === 'ok' ? 'good' : 'bad'));
  health.title = d.health.reasons.join('; ');
  showDrift(d.drift);
  showEvents(d.events);
}

function showDrift(unsorted) {
  const drift = [...unsorted].sort((a, b) => b[4] - a[4]);
  const body = $('drift');
  while (body.rows.length < drift.length) {
    const row = body.insertRow();
    for (let i = 0; i < 4; i++) row.insertCell();
  }
  while (body.rows.length > drift.length) body.deleteRow(-1);
  drift.forEach(([feature, psi, shift, ratio, alarmed, level], i) => {
    const row = body.rows[i];
    style(row, alarmed ? 'alarmed' : level === 'watch' ? 'watched' : '');
    [feature, fixed(psi, 3), shift === null ? '–' : signed(shift, 2) + ' σ', ratio === null ? '–' : '×' + fixed(ratio, 2)]
      .forEach((text, cell) => set(row.cells[cell], text));
    row.cells[0].title = feature;
  });
  const known = drift.filter((each) => each[1] !== null);
  const alarmed = drift.filter((each) => each[4]).length;
  set($('drift-sum'), drift.length === 0 ? 'the export holds no training statistics'
    : known.length === 0 ? 'not enough decisions yet' : alarmed + ' of ' + drift.length + ' alarmed');
  style($('drift-sum'), 'note' + (alarmed > 0 ? ' bad' : ''));
}

let shownEvents = '';
function showEvents(events) {
  const key = events.length === 0 ? '' : events.length + ' ' + JSON.stringify(events[events.length - 1]);
  if (key === shownEvents) return;
  shownEvents = key;
  $('events').replaceChildren(...[...events].reverse().map(({ t, level, event, text }) => {
    const line = document.createElement('li');
    const time = document.createElement('time');
    const told = document.createElement('span');
    time.textContent = new Date(t).toISOString().slice(11, 19);
    told.textContent = words(event) + (text === '' ? '' : ': ' + text);
    told.className = level === 'error' ? 'bad' : level === 'warn' ? 'warn' : '';
    line.append(time, told);
    return line;
  }));
  $('no-events').hidden = events.length > 0;
}

function keep(u) {
  const now = performance.now();
  const last = samples.t.length - 1;
  const values = { ...u, decider: DECIDERS.indexOf(u.decider) };
  if (last >= 0 && now - sampledAt < sampleMs) {
    for (const name of COLUMNS) samples[name][last] = values[name];
    return;
  }
  sampledAt = now;
  for (const name of COLUMNS) {
    samples[name].push(values[name]);
    if (samples[name].length > length) samples[name].shift();
  }
}

let minutes = 5;
for (const [id, chosen] of [['short', 1], ['long', 5]]) {
  $(id).addEventListener('click', () => {
    minutes = chosen;
    $('short').setAttribute('aria-pressed', String(chosen === 1));
    $('long').setAttribute('aria-pressed', String(chosen === 5));
    charts.draw();
  });
}
charts.from(() => ({ samples, fills, points: Math.min(length, minutes * 60000 / sampleMs), sampleMs }));
charts.add('quotes-chart', {
  lines: [
    { key: 'bid', colour: '--bid', width: 1.25, step: true },
    { key: 'ask', colour: '--ask', width: 1.25, step: true },
    { key: 'mid', colour: '--ink', width: 1.5, step: true },
  ],
  fills: true,
  least: () => 8,
  format: (ticks) => price(ticks),
  tell: (s, i) => 'bid ' + price(s.bid[i]) + '  mid ' + fixed(s.mid[i] === null ? null : s.mid[i] * tick, decimals + 1)
    + '  ask ' + price(s.ask[i]),
});
charts.add('inventory-chart', {
  lines: [{ key: 'inventory', colour: '--own', width: 1.5, step: true }],
  zero: true,
  least: () => 2,
  format: (value, step) => fixed(value, step < 1 ? 1 : 0),
  tell: (s, i) => lots(s.inventory[i]) + ' lots',
});
charts.add('pnl-chart', {
  lines: [{ key: 'pnl', colour: '--accent', width: 1.5, step: false }],
  zero: true,
  least: () => 1e-3,
  format: (value, step) => fixed(value, Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)))),
  tell: (s, i) => money(s.pnl[i]),
});

let pending = false;
function show() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    if (latest !== null) showUpdate();
    if (detail !== null) showDetail();
    charts.draw();
  });
}

function connection(state, text) {
  root.dataset.state = state;
  set($('link'), text);
  style($('link'), 'pill ' + (state === 'live' ? 'good' : 'bad'));
  document.body.classList.toggle('stale', state === 'lost');
}

/** Digits behind the point that a grid of this step needs. */
function digits(step) {
  for (let count = 0; count < 10; count++) {
    const scaled = step * 10 ** count;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-9 * scaled) return count;
  }
  return 10;
}

function onHello(hello) {
  tick = hello.instrument.tickSize;
  decimals = digits(tick);
  sizeDecimals = digits(hello.instrument.stepSize);
  sampleMs = hello.sampleMs;
  length = hello.length;
  samples = hello.history;
  latest = hello.update;
  detail = hello.detail;
  fills = detail.fills;
  sampledAt = performance.now();
  set($('symbol'), hello.instrument.symbol);
  set($('about'), hello.instrument.venue + ' · ' + hello.policy + ' · since '
    + new Date(hello.startedAt).toISOString().slice(0, 19).replace('T', ' ') + ' UTC · sends nothing');
  document.title = hello.instrument.symbol + ' · makergym shadow';
}

let source = null;
function connect() {
  if (source !== null) source.close();
  heardAt = performance.now();
  source = new EventSource('events');
  const on = (name, take) => source.addEventListener(name, (event) => {
    heardAt = performance.now();
    take(JSON.parse(event.data));
    connection('live', 'live');
    show();
  });
  on('hello', onHello);
  on('update', (u) => { latest = u; keep(u); root.dataset.updates = String(++updates); });
  on('detail', (d) => { detail = d; fills = d.fills; });
  source.addEventListener('error', () => connection('lost', 'reconnecting'));
}
setInterval(() => {
  if (performance.now() - heardAt < DEAF_MS && source.readyState !== EventSource.CLOSED) return;
  connection('lost', 'reconnecting');
  connect();
}, 1000);
connection('waiting', 'connecting');
connect();
`;
