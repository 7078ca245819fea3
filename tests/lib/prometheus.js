/** The text format of Prometheus, version 0.0.4, read strictly. */
import assert from 'node:assert/strict';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABELS = /^(?:([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$))/;

/** @param {string} text @returns {Record<string, string>} */
function labelsOf(text) {
  /** @type {Record<string, string>} */
  const labels = {};
  for (let rest = text; rest; ) {
    const found = LABELS.exec(rest);
    assert.ok(found, `labels {${text}}`);
    assert.ok(!(found[1] in labels), `${found[1]} twice in {${text}}`);
    labels[found[1]] = found[2];
    rest = rest.slice(found[0].length);
  }
  return labels;
}

/**
 * @param {string} name of a sample
 * @param {string} family
 * @param {string} type
 */
function assertNamed(name, family, type) {
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  assert.ok(
    suffixes.some((suffix) => name === family + suffix),
    `${name} is none of ${family}'s`,
  );
  if (type === 'counter') assert.match(family, /_total$/);
  else assert.doesNotMatch(family, /_(total|count|sum|bucket)$/);
}

/**
 * A histogram's buckets grow, and the last one is its count.
 * @param {Map<string, number>} samples
 * @param {string} family
 */
function assertHistogram(samples, family) {
  /** @type {Map<string, {le: number, value: number}[]>} */
  const series = new Map();
  for (const [key, value] of samples) {
    if (!key.startsWith(`${family}_bucket{`)) continue;
    const { le, ...labels } = labelsOf(key.slice(`${family}_bucket{`.length, -1));
    const of = Object.entries(labels)
      .map(([name, label]) => `${name}="${label}"`)
      .join();
    series.set(of, [
      ...(series.get(of) ?? []),
      { le: le === '+Inf' ? Infinity : Number(le), value },
    ]);
  }
  for (const [of, buckets] of series) {
    const braced = of && `{${of}}`;
    for (let i = 1; i < buckets.length; i++) {
      assert.ok(buckets[i].le > buckets[i - 1].le, `bounds of ${family}${braced}`);
      assert.ok(buckets[i].value >= buckets[i - 1].value, `buckets of ${family}${braced}`);
    }
    assert.equal(buckets.at(-1)?.le, Infinity);
    assert.equal(buckets.at(-1)?.value, samples.get(`${family}_count${braced}`));
    assert.ok(Number(samples.get(`${family}_sum${braced}`)) >= 0, `sum of ${family}${braced}`);
  }
}

/**
 * Fails unless the text keeps the format and its conventions; returns the samples by name and
 * labels, as they are written.
 * @param {string} text
 * @returns {Map<string, number>}
 */
export function readMetrics(text) {
  /** @type {Map<string, number>} */
  const samples = new Map();
  /** @type {Map<string, string>} type by family */
  const types = new Map();
  let [family, help] = ['', ''];
  assert.ok(text.endsWith('\n'), 'the last line ends');
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    if (comment?.[1] === 'HELP') {
      help = comment[2];
    } else if (comment) {
      family = comment[2];
      assert.equal(family, help, 'HELP comes before TYPE');
      assert.match(comment[3], /^(counter|gauge|histogram)$/);
      assert.ok(!types.has(family), `${family} comes twice`);
      types.set(family, comment[3]);
    } else {
      const sample = new RegExp(`^(${NAME})(?:{(.+)})? (-?[0-9.e+-]+)$`).exec(line);
      assert.ok(sample, `no sample: ${line}`);
      assertNamed(sample[1], family, types.get(family) ?? 'unknown');
      if (sample[2]) labelsOf(sample[2]);
      const key = line.slice(0, line.lastIndexOf(' '));
      assert.ok(!samples.has(key), `${key} comes twice`);
      assert.ok(Number.isFinite(Number(sample[3])), line);
      samples.set(key, Number(sample[3]));
    }
  }
  for (const [name, type] of types) if (type === 'histogram') assertHistogram(samples, name);
  return samples;
}
