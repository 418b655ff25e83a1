/** A sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of a scrape: its samples and what is said of it. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const VALUE = '[+-]?(?:\\d+(?:\\.\\d*)?(?:[eE][+-]?\\d+)?|\\.\\d+(?:[eE][+-]?\\d+)?|Inf|inf)|NaN';
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/y;

/**
 * Reads Prometheus' text format 0.0.4 as its specification has it, and throws where a scrape breaks it: a line that is
 * none, a sample outside its family, HELP or TYPE missing, twice or late, a label twice, the same series twice, a
 * histogram whose buckets fall or disagree with its count.
 */
export function parsePrometheusText(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, { name: string; type: string; help: string; samples: Sample[] }>();
  const series = new Set<string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line);
    if (comment !== null) {
      const [, word, name, rest] = comment;
      const family = families.get(name) ?? { name, type: '', help: '', samples: [] };
      if (family.samples.length > 0) throw new Error(`${word} of ${name} after its samples`);
      const field = word === 'HELP' ? 'help' : 'type';
      if (family[field] !== '') throw new Error(`second ${word} of ${name}`);
      if (field === 'type' && !/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) {
        throw new Error(`${name} is of no known type: ${rest}`);
      }
      family[field] = rest;
      families.set(name, family);
      current = name;
      continue;
    }
    const sample = parseSample(line);
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (series.has(key)) throw new Error(`the same series twice: ${key}`);
    series.add(key);
    const family = current === undefined ? undefined : families.get(current);
    if (family === undefined || !belongs(sample.name, family)) {
      throw new Error(`${sample.name} stands outside its family`);
    }
    family.samples.push(sample);
  }
  for (const family of families.values()) {
    if (family.type === '' || family.help === '') throw new Error(`${family.name} lacks HELP or TYPE`);
    if (family.type === 'histogram') checkHistogram(family);
  }
  return families;
}

function parseSample(line: string): Sample {
  const match = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (${VALUE})(?: -?\\d+)?$`).exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name, text = '', value] = match;
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const label = LABEL.exec(text);
    if (label === null) throw new Error(`bad labels: ${line}`);
    if (label[1] in labels) throw new Error(`label ${label[1]} twice: ${line}`);
    labels[label[1]] = label[2].replace(/\\(.)/g, (_all, c: string) => (c === 'n' ? '\n' : c));
  }
  return { name, labels, value: Number(value.replace(/inf/i, 'Infinity')) };
}

function belongs(sample: string, { name, type }: Family): boolean {
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  return suffixes.some((suffix) => sample === name + suffix);
}

/** A histogram holds one set of buckets for each set of its other labels. */
function checkHistogram({ name, samples }: Family): void {
  const sets = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _bound, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    sets.set(key, [...(sets.get(key) ?? []), sample]);
  }
  for (const set of sets.values()) checkBuckets(name, set);
}

function checkBuckets(name: string, samples: readonly Sample[]): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => Number(labels.le.replace('Inf', 'Infinity')));
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value;
  if (!samples.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} has no sum`);
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no bucket +Inf`);
  if (buckets.at(-1)?.value !== count) throw new Error(`${name}: bucket +Inf is not its count`);
  for (let i = 1; i < buckets.length; i++) {
    if (!(bounds[i] > bounds[i - 1])) throw new Error(`${name}: bounds must rise`);
    if (buckets[i].value < buckets[i - 1].value) throw new Error(`${name}: buckets must not fall`);
  }
}
