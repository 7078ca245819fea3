/** A section's figures, for the terminal. */
import { digits, promised, range, rows } from './figures.js';

/** @typedef {import('./figures.js').Figure} Figure */

const WIDTHS = [-34, 11, 17, 9, 15, 9, 8];
const HEAD = ['', 'median', 'min–max', 'ours ÷ it', 'min–max', 'wanted', ''];

/** @param {string[]} cells */
function line(cells) {
  const padded = cells.map((cell, n) =>
    WIDTHS[n] < 0 ? cell.padEnd(-WIDTHS[n]) : cell.padStart(WIDTHS[n]),
  );
  return padded.join(' ').trimEnd();
}

/** @param {Figure} figure @param {import('./figures.js').Row} row */
function rowLine(figure, { name, value, ratio, limit, met }) {
  return line([
    `  ${name}`,
    digits(value.median),
    range(value),
    ratio ? digits(ratio.median) : '',
    ratio ? range(ratio) : '',
    limit === undefined ? '' : promised(figure, limit),
    met === undefined ? '' : met ? 'met' : 'NOT met',
  ]);
}

/** @param {Figure} figure */
function figureLines(figure) {
  const { what, unit, better, note } = figure;
  const head = `${what}: ${unit ? `${unit}, ` : ''}${better} is better`;
  return [
    head,
    ...rows(figure).map((row) => rowLine(figure, row)),
    ...(note ? [`  (${note})`] : []),
  ];
}

/** @param {string} title @param {Figure[]} figures */
export function table(title, figures) {
  return ['', `== ${title}`, line(HEAD), ...figures.flatMap(figureLines)].join('\n');
}
