/** The pictures of the report, as SVG that stands in its HTML and takes its colours from there. */
import { digits, promised, rows } from './figures.js';

/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Plot} Plot */
/** @typedef {(value: number) => number} Scale */

/** No text becomes markup. @param {unknown} text */
export const inert = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** @param {number} x @param {number} y @param {string} text @param {string} [attributes] */
const label = (x, y, text, attributes = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${inert(text)}</text>`;

/** @param {number[]} ends x1 y1 x2 y2 @param {string} kind */
const stroke = ([x1, y1, x2, y2], kind) =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${kind}"/>`;

/** @param {number} width @param {number} height @param {string} title @param {string[]} parts */
const svg = (width, height, title, parts) =>
  `<svg viewBox="0 0 ${width} ${height.toFixed(0)}" width="${width}" role="img" aria-label="${inert(title)}">
${parts.join('\n')}
</svg>`;

/** @param {[number, number]} from @param {[number, number]} to @param {boolean} [log] @returns {Scale} */
function scale([low, high], [start, end], log) {
  const at = log ? Math.log : (/** @type {number} */ value) => value;
  return (value) => start + ((at(value) - at(low)) / (at(high) - at(low))) * (end - start);
}

/** Powers of ten alone, or more of each where the axis has few. @param {[number, number]} domain */
function logTicks([low, high]) {
  const decades = Math.log10(high / low);
  const steps =
    decades > 3.5 ? [1] : decades > 0.8 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
  const every = Math.ceil(decades / 8);
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    if (power % every === 0) ticks.push(...steps.map((step) => step * 10 ** power));
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

/** @param {[number, number]} domain */
function linearTicks([low, high]) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((n) => n * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, n) => (first + n) * step);
}

/** @param {[number, number]} domain @param {boolean} [log] */
const ticks = (domain, log) => (log ? logTicks(domain) : linearTicks(domain));

/** Wide enough for all. @param {number[]} values @param {boolean} [log] @returns {[number, number]} */
function domain(values, log) {
  const fit = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  if (!fit.length) return [1, 10];
  const [low, high] = [Math.min(...fit), Math.max(...fit)];
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.1, high * 1.1];
  return [Math.min(0, low), high > 0 ? high * 1.05 : 1];
}

/** @param {number} value */
function short(value) {
  const units = /** @type {const} */ ([
    [1e6, 'M'],
    [1e3, 'k'],
  ]);
  const [by, unit] = units.find(([size]) => Math.abs(value) >= size) ?? [1, ''];
  return `${digits(value / by)}${unit}`;
}

const BAR = { width: 960, left: 250, right: 740, row: 22, head: 30, top: 34 };

/** @typedef {{figure: Figure, bars: (import('./figures.js').Row & {ratio: import('./figures.js').Spread})[]}} Group */

/**
 * Whether a logarithm can show it.
 * @param {import('./figures.js').Row} row
 * @returns {row is Group['bars'][0]}
 */
function drawable(row) {
  const { ratio, limit = 1 } = row;
  return ratio !== undefined && ratio.min > 0 && Number.isFinite(ratio.max) && limit > 0;
}

/** @param {Figure[]} figures @returns {Group[]} those with a ratio to show */
function groups(figures) {
  return figures
    .filter(({ minor }) => !minor)
    .map((figure) => ({ figure, bars: rows(figure).filter(drawable) }))
    .filter(({ bars }) => bars.length);
}

/** @param {Scale} x @param {number} y of its middle @param {Group['bars'][0]} bar @param {Figure} figure */
function barParts(x, y, { name, ratio, limit, met }, figure) {
  const state = met === undefined ? 'free' : met ? 'met' : 'missed';
  const [one, at] = [x(1), x(ratio.median)];
  const text = `${digits(ratio.median)} ×`;
  const wish = limit === undefined ? '' : `${promised(figure, limit)} ${met ? '✓' : 'NOT met'}`;
  return [
    label(BAR.left - 10, y + 4, name, 'text-anchor="end"'),
    `<rect x="${Math.min(one, at).toFixed(1)}" y="${y - 7}" width="${Math.max(1.5, Math.abs(at - one)).toFixed(1)}" height="14" class="${state}"/>`,
    stroke([x(ratio.min), y, x(ratio.max), y], 'spread'),
    ...[ratio.min, ratio.max].map((end) => stroke([x(end), y - 4, x(end), y + 4], 'spread')),
    ...(limit === undefined ? [] : [stroke([x(limit), y - 10, x(limit), y + 10], 'limit')]),
    label(BAR.right + 58, y + 4, text, 'text-anchor="end" class="value"'),
    label(BAR.right + 68, y + 4, wish, `class="${state}-text"`),
  ];
}

/** @param {Scale} x @param {number[]} marks @param {number} height */
function barAxis(x, marks, height) {
  return marks.flatMap((tick) => [
    stroke([x(tick), BAR.top - 6, x(tick), height - 8], tick === 1 ? 'one' : 'grid'),
    label(x(tick), BAR.top - 12, `${digits(tick)}`, 'text-anchor="middle" class="tick"'),
  ]);
}

/** Ours ÷ each contender, with the spread, on one logarithmic axis. @param {Figure[]} figures */
export function ratioChart(figures) {
  const all = groups(figures);
  if (!all.length) return '';
  const bars = all.flatMap((group) => group.bars);
  const values = bars.flatMap(({ ratio, limit }) => [ratio.min, ratio.max, limit ?? 1]);
  const range = domain([...values, 0.8, 1.25], true);
  const x = scale(range, [BAR.left, BAR.right], true);
  const height = BAR.top + all.length * BAR.head + bars.length * BAR.row + 10;
  const parts = barAxis(x, logTicks(range), height);
  let y = BAR.top;
  for (const { figure, bars } of all) {
    const ours = figure.ours.name === 'ours' ? '' : `: ${figure.ours.name} ÷`;
    parts.push(label(0, y + 18, figure.what + ours, 'class="what"'));
    const hint = `${figure.unit}, ${figure.better} is better`.replace(/^, /, '');
    parts.push(label(BAR.width, y + 18, hint, 'text-anchor="end" class="tick"'));
    y += BAR.head;
    for (const bar of bars) {
      parts.push(...barParts(x, y + 6, bar, figure));
      y += BAR.row;
    }
  }
  return svg(BAR.width, height, 'Ours divided by what it is held against', parts);
}

const PLOT = { width: 520, height: 340, left: 66, right: 500, top: 40, bottom: 280 };
const LINE_HEIGHT = 18;

/** How many colours the report's style has for lines, as c0, c1 … */
export const COLOURS = 8;

/** @param {Scale} x @param {Scale} y @param {number[]} across @param {number[]} up */
function plotGrid(x, y, across, up) {
  return [
    ...across.flatMap((tick) => [
      stroke([x(tick), PLOT.top, x(tick), PLOT.bottom], 'grid'),
      label(x(tick), PLOT.bottom + 17, short(tick), 'text-anchor="middle" class="tick"'),
    ]),
    ...up.flatMap((tick) => [
      stroke([PLOT.left, y(tick), PLOT.right, y(tick)], 'grid'),
      label(PLOT.left - 8, y(tick) + 4, short(tick), 'text-anchor="end" class="tick"'),
    ]),
  ];
}

/** @param {Plot['lines'][0]} line @param {number} colour @param {Scale} x @param {Scale} y @param {Plot} plot */
function plotLine({ points }, colour, x, y, plot) {
  const shown = points.filter(
    ([a, b]) => (!plot.x.log || a > 0) && (!plot.y.log || b > 0) && Number.isFinite(b),
  );
  const at = shown.map(([a, b]) => [x(a).toFixed(1), y(b).toFixed(1)]);
  return [
    `<polyline points="${at.map((point) => point.join()).join(' ')}" class="line c${colour}"/>`,
    ...at.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="3.5" class="dot c${colour}"/>`),
  ];
}

/** How many names stand beside each other. @param {Plot['lines']} lines */
const columns = (lines) => (lines.some(({ name }) => name.length > 28) ? 1 : 2);

/** @param {Plot['lines']} lines @param {number[]} colours */
function legend(lines, colours) {
  return lines.flatMap(({ name }, n) => {
    const x = PLOT.left + (n % columns(lines)) * 220;
    const y = PLOT.bottom + 60 + Math.floor(n / columns(lines)) * LINE_HEIGHT;
    return [stroke([x, y - 4, x + 22, y - 4], `line c${colours[n]}`), label(x + 28, y, name)];
  });
}

/** @param {Plot} plot @param {string[]} names of all lines that are to have colours of their own */
function plotChart(plot, names) {
  const colours = plot.lines.map(({ name }) => names.indexOf(name) % COLOURS);
  const points = plot.lines.flatMap((line) => line.points);
  const across = domain(
    points.map(([a]) => a),
    plot.x.log,
  );
  const up = domain(
    points.map(([, b]) => b),
    plot.y.log,
  );
  const x = scale(across, [PLOT.left, PLOT.right], plot.x.log);
  const y = scale(up, [PLOT.bottom, PLOT.top], plot.y.log);
  const middle = (PLOT.left + PLOT.right) / 2;
  const height =
    PLOT.bottom + 56 + Math.ceil(plot.lines.length / columns(plot.lines)) * LINE_HEIGHT;
  return svg(PLOT.width, height, plot.title, [
    label(0, 16, plot.title, 'class="what"'),
    label(PLOT.left - 8, 33, plot.y.label, 'text-anchor="start" class="tick"'),
    label(middle, PLOT.bottom + 36, plot.x.label, 'text-anchor="middle" class="tick"'),
    ...plotGrid(x, y, ticks(across, plot.x.log), ticks(up, plot.y.log)),
    ...plot.lines.flatMap((line, n) => plotLine(line, colours[n], x, y, plot)),
    ...legend(plot.lines, colours),
  ]);
}

/** Side by side; a name has the same colour in all of them. @param {Plot[]} plots */
export function plotCharts(plots) {
  const names = [...new Set(plots.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  return plots.map((plot) => plotChart(plot, names)).join('\n');
}
