/** The report: one HTML file that needs nothing else, for light and dark screens and for paper. */
import { COLOURS, inert, plotCharts, ratioChart } from './charts.js';
import { digits, promised, range, rows } from './figures.js';

/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./bench.js').Report} Report */
/** @typedef {import('./bench.js').Measured} Measured */

const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2024; --dim: #5b636b; --grid: #dfe3e6;
  --met: #0f7b53; --missed: #c2410c; --free: #7d8a97; --spread: #1c2024;
  --c0: #0b5fae; --c1: #c2410c; --c2: #0f7b53; --c3: #8a3ffc; --c4: #9a6700; --c5: #b0127b; --c6: #4b5563; --c7: #0891b2; }
@media (prefers-color-scheme: dark) { :root { --back: #15181b; --text: #e8eaec; --dim: #a1a9b1;
  --grid: #343a40; --met: #3fb984; --missed: #ff8a4c; --free: #8894a0; --spread: #fff;
  --c0: #6cb6ff; --c1: #ff8a4c; --c2: #3fb984; --c3: #c297ff; --c4: #e0b040; --c5: #ff7bc5; --c6: #a8b3bf; --c7: #4dd0e1; } }
body { margin: 2rem auto; max-width: 68rem; padding: 0 1rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.25rem; border-top: 1px solid var(--grid); padding-top: 1.2rem; }
p { margin: .4rem 0; } .dim { color: var(--dim); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .2rem 1.5rem; }
dl div { display: flex; gap: .5rem; } dt { color: var(--dim); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
.wide { overflow-x: auto; } th, td { padding: .12rem .6rem; text-align: right; white-space: nowrap; }
th { color: var(--dim); font-weight: normal; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody th { text-align: left; color: var(--text); font-weight: 600; padding-top: .7rem; white-space: normal; }
tbody th .dim { font-weight: normal; } tr.ours td:first-child { font-weight: 600; }
.met-text { color: var(--met); fill: var(--met); } .missed-text { color: var(--missed); fill: var(--missed); font-weight: 600; }
svg { max-width: 100%; height: auto; font: 13px system-ui, sans-serif; } svg text { fill: var(--text); }
svg text.tick { fill: var(--dim); font-size: 12px; } svg text.what { font-weight: 600; }
svg text.met-text { fill: var(--met); } svg text.missed-text { fill: var(--missed); }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; margin: 1rem 0; }
line.grid { stroke: var(--grid); } line.one { stroke: var(--dim); stroke-width: 1.5; }
line.spread { stroke: var(--spread); } line.limit { stroke: var(--text); stroke-width: 3; stroke-dasharray: 3 2; }
rect.met { fill: var(--met); } rect.missed { fill: var(--missed); } rect.free { fill: var(--free); }
.line { fill: none; stroke-width: 2; } .dot { stroke: var(--back); }
${Array.from({ length: COLOURS }, (_, n) => `.line.c${n} { stroke: var(--c${n}); } .dot.c${n} { fill: var(--c${n}); }`).join(' ')}
@media print { h2 { break-before: page; } }
`;

/** @param {boolean | undefined} met */
const verdict = (met) => {
  if (met === undefined) return '<td></td>';
  return met ? '<td class="met-text">✓ met</td>' : '<td class="missed-text">NOT met</td>';
};

/** @param {Figure} figure @param {import('./figures.js').Row} row @param {number} n */
function tableRow(figure, { name, value, ratio, limit, met }, n) {
  const cells = [
    digits(value.median),
    range(value),
    ratio ? digits(ratio.median) : '',
    ratio ? range(ratio) : '',
    limit === undefined ? '' : promised(figure, limit),
  ];
  const tds = cells.map((cell) => `<td>${inert(cell)}</td>`).join('');
  return `<tr${n ? '' : ' class="ours"'}><td>${inert(name)}</td>${tds}${verdict(met)}</tr>`;
}

/** @param {Figure} figure */
function tableRows(figure) {
  const { what, unit, better, note } = figure;
  const hint = [unit, `${better} is better`, note].filter(Boolean).join('; ');
  const head = `<tr><th colspan="7">${inert(what)} <span class="dim">${inert(hint)}</span></th></tr>`;
  return [head, ...rows(figure).map((row, n) => tableRow(figure, row, n))].join('\n');
}

/** @param {Figure[]} figures */
const table = (figures) => `<div class="wide"><table>
<thead><tr><th></th><th>median</th><th>min–max</th><th>ours ÷ it</th><th>min–max</th><th>wanted</th><th></th></tr></thead>
<tbody>
${figures.map(tableRows).join('\n')}
</tbody></table></div>`;

/** @param {Measured} section */
function sectionPart({ title, figures, plots, error }) {
  const failed = error ? `<p class="missed-text">not measured: ${inert(error)}</p>` : '';
  const drawn = plotCharts(plots);
  return `<h2>${inert(title)}</h2>
${failed}${ratioChart(figures)}
${drawn && `<div class="plots">\n${drawn}\n</div>`}
${figures.length ? table(figures) : ''}`;
}

/** @param {Record<string, unknown>} facts */
const list = (facts) => {
  const items = Object.entries(facts).map(
    ([name, value]) => `<div><dt>${inert(name)}</dt><dd>${inert(value)}</dd></div>`,
  );
  return `<dl>${items.join('\n')}</dl>`;
};

/** What is promised: how much of it was kept, and what was not. @param {Measured[]} sections */
function summary(sections) {
  const promises = sections.flatMap(({ figures }) =>
    figures.flatMap((figure) =>
      rows(figure)
        .filter(({ limit }) => limit !== undefined)
        .map((row) => ({ figure, row })),
    ),
  );
  const missed = promises.filter(({ row }) => !row.met);
  const sentence = `${promises.length - missed.length} of ${promises.length} promises kept`;
  if (!missed.length) return `<p>${sentence}.</p>`;
  return `<p>${sentence}. <span class="missed-text">Not kept:</span></p><ul>${missed.map(miss).join('')}</ul>`;
}

/** @param {{figure: Figure, row: import('./figures.js').Row}} promise */
function miss({ figure, row: { name, value, ratio, limit = 0 } }) {
  const reached = ratio
    ? `ours ÷ ${name} is ${digits(ratio.median)}`
    : [digits(value.median), figure.unit].filter(Boolean).join(' ');
  return `<li>${inert(`${figure.what}: ${reached}, wanted ${promised(figure, limit)}`)}</li>`;
}

/** @param {Report} report */
export function html({ date, commit, missing, settings, machine, sections }) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>mqtt-chat: benchmark of ${inert(date.slice(0, 10))}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>mqtt-chat: benchmark</h1>
<p class="dim">${inert(date.replace('T', ' ').slice(0, 16))} UTC${commit && `, commit ${inert(commit)}`}</p>
${summary(sections)}
<p class="dim">A ratio is ours divided by what it is held against, taken in each round of the same run;
what is shown is its median, the thin line from its smallest to its largest. The dashed mark is what is
wanted.</p>
${list(machine)}
${list(settings)}
${missing ? `<p class="dim">${inert(missing)}</p>` : ''}
${sections.map(sectionPart).join('\n')}
</body>
</html>
`;
}
