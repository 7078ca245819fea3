/**
 * What a section of the benchmark returns, and the arithmetic on it. A round measures ours and what
 * it is held against one after the other; ratios are taken round by round, so that what else the
 * machine does hits both.
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {number[]} values one a round
 *
 * @typedef {object} Wanted what is promised
 * @property {string} [against] the contender that the ratio is taken to
 * @property {number} limit of the ratio, or of the figure itself where it stands against nothing
 *
 * @typedef {object} Figure
 * @property {string} what
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {Contender} ours
 * @property {Contender[]} against
 * @property {Wanted[]} [wanted]
 * @property {string} [note] what limits it, or what it does not say
 * @property {boolean} [minor] in the tables, not in the chart
 *
 * @typedef {object} Plot
 * @property {string} title
 * @property {{label: string, log?: boolean}} x
 * @property {{label: string, log?: boolean}} y
 * @property {{name: string, points: [number, number][]}[]} lines
 *
 * @typedef {object} Options
 * @property {number} rounds
 * @property {number} seconds of a single measurement that runs for a time
 * @property {number} scale of what counts messages or clients: 1 as documented, less for a try
 * @property {string} scratch an empty folder, removed afterwards
 * @property {(text: string) => void} say progress
 *
 * @typedef {object} Section
 * @property {string} name as on the command line
 * @property {string} title
 * @property {import('./parts.js').Part[]} [needs] without these it is left out
 * @property {(options: Options) => Promise<{figures: Figure[], plots?: Plot[]}>} run
 */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values @param {number} part 0.99 for p99 */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

/** @param {Contender} ours @param {Contender} other @returns {number[]} ours ÷ other, one a round */
export function ratios(ours, other) {
  return ours.values.map((value, round) => value / other.values[round]);
}

/** @param {Figure} figure @param {Wanted} wanted whether the median keeps what is promised */
export function isMet(figure, { against, limit }) {
  const other = figure.against.find(({ name }) => name === against);
  if (against && !other) return undefined;
  const reached = median(other ? ratios(figure.ours, other) : figure.ours.values);
  return figure.better === 'more' ? reached >= limit : reached <= limit;
}

/** @typedef {{median: number, min: number, max: number}} Spread */

/** @param {number[]} values @returns {Spread} */
export const spread = (values) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/**
 * @typedef {object} Row of a table: a contender, ours first
 * @property {string} name
 * @property {Spread} value
 * @property {Spread} [ratio] ours ÷ it
 * @property {number} [limit] what is wanted, of the ratio or, for ours, of the value
 * @property {boolean} [met]
 */

/** @param {Figure} figure @returns {Row[]} */
export function rows(figure) {
  const { ours, against, wanted = [] } = figure;
  return [ours, ...against].map((contender) => {
    const isOurs = contender === ours;
    const promise = wanted.find((one) => one.against === (isOurs ? undefined : contender.name));
    return {
      name: contender.name,
      value: spread(contender.values),
      ...(isOurs ? {} : { ratio: spread(ratios(ours, contender)) }),
      ...(promise ? { limit: promise.limit, met: isMet(figure, promise) } : {}),
    };
  });
}

/** Three digits that count. @param {number} value */
export function digits(value) {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** @param {Spread} spread */
export const range = ({ min, max }) => `${digits(min)}–${digits(max)}`;

/** @param {Figure} figure @param {number} limit */
export const promised = (figure, limit) =>
  `${figure.better === 'more' ? '≥' : '≤'} ${digits(limit)}`;
