/** The original's table: rows as people left them there, and how `mariadb --batch` prints them. */

/**
 * @typedef {object} Row
 * @property {number} id
 * @property {string | null} nickname
 * @property {string | null} text
 * @property {string | null} clientId
 * @property {number} ts
 * @property {boolean} fits whether the contract can hold it
 */

const TEXTS = [
  'Hello there',
  'It\'s "quoted"',
  'two\nlines',
  'carriage\rreturn',
  'tab\there',
  'back\\slash and \\n that is none',
  '😀🎉 emoji 👩‍👩‍👧',
  '你好 世界',
  'Mökki café',
  'percent %s %d',
  '<b>&amp;</b>',
  '; DROP TABLE messages; --',
];
const UNFIT = ['', '   ', null, 'x'.repeat(4001)];
const NICKNAMES = ['Ann', 'Bob', 'Zoë', '李', 'tab\tname', ' padded ', null, ''];

/**
 * @param {number} count
 * @param {number} [shift] of the times, in seconds
 * @returns {Row[]}
 */
export function originalRows(count, shift = 0) {
  return Array.from({ length: count }, (_, i) => {
    const unfit = i % 100 === 99;
    const text = unfit ? UNFIT[(i / 100) % UNFIT.length | 0] : TEXTS[i % TEXTS.length];
    const long = i % 500 === 250;
    return {
      id: i + 1,
      nickname: long ? 'x'.repeat(255) : NICKNAMES[i % NICKNAMES.length],
      text: unfit || i % 3 ? text : `${text} ${i}`,
      clientId: i % 7 ? `cli-${i % 50}` : null,
      ts: (1_700_000_000 + shift + i * 60) * 1000,
      fits: !unfit && !long,
    };
  });
}

/** @param {string | null} value */
function escaped(value) {
  if (value === null) return 'NULL';
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\0', '\\0');
}

/** @param {number} ts */
const time = (ts) => new Date(ts).toISOString().slice(0, 19).replace('T', ' ');

/**
 * What `mariadb --batch` prints of them, as tests/admin/mariadb.js sees the real one do.
 * @param {Row[]} rows
 */
export function batchOutput(rows) {
  const lines = rows.map((row) =>
    [row.id, escaped(row.nickname), escaped(row.text), escaped(row.clientId), time(row.ts)].join(
      '\t',
    ),
  );
  return `id\tnickname\ttext\tclient_id\tcreated_at\n${lines.join('\n')}\n`;
}

/** @param {string | null} value */
const quoted = (value) =>
  value === null ? 'NULL' : `'${value.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;

/**
 * SQL that makes the table and fills it.
 * @param {Row[]} rows
 */
export function originalSql(rows) {
  const pieces = [
    'CREATE TABLE messages (id INT AUTO_INCREMENT PRIMARY KEY, nickname VARCHAR(255), text TEXT,' +
      ' client_id VARCHAR(255), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)' +
      ' CHARACTER SET utf8mb4;',
  ];
  for (let i = 0; i < rows.length; i += 500) {
    const values = rows
      .slice(i, i + 500)
      .map(
        (row) =>
          `(${row.id},${quoted(row.nickname)},${quoted(row.text)},${quoted(row.clientId)},` +
          `FROM_UNIXTIME(${row.ts / 1000}))`,
      );
    pieces.push(`INSERT INTO messages VALUES ${values.join(',')};`);
  }
  return pieces.join('\n');
}
