/**
 * Compares the senders' books with the database.
 *
 *   lost       acknowledged by the broker, or promised by a receipt, and not stored
 *   doubled    stored more than once
 *   phantom    stored, and never sent so: other words, another room, another sender
 *   disorder   stored before an earlier message of the same sender
 *   receipts   that say something else than the database
 *   integrity  whether the index of the search has the words of each message up to the place where it
 *              says it is; and at the end of a row, for all that is there, once, and of no other, and
 *              what PRAGMA integrity_check says: both go through the whole of it
 */

/** @typedef {import('./traffic.js').Sent} Sent */
/**
 * @typedef {object} Row
 * @property {number} id
 * @property {string} ts
 * @property {string} room
 * @property {string} nickname
 * @property {string} text
 * @property {string | null} client_id
 * @property {string | null} msg_id
 */
/**
 * @typedef {object} Findings
 * @property {number} messages
 * @property {number} lost
 * @property {number} doubled
 * @property {number} phantom
 * @property {number} disorder
 * @property {number} receipts
 * @property {string} integrity
 * @property {string[]} examples of what was found
 * @property {string[]} notes figures worth telling
 */

const PAGE = 2000;

/**
 * Ids whose words are not in the index as they should be; the texts of the books are two words. All from
 * one snapshot: the logger may be indexing.
 */
const INDEX_FAULTS = `
  BEGIN;
  CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, instance);
  CREATE TEMP TABLE indexed (id INTEGER PRIMARY KEY, rooms, words);
  INSERT INTO indexed
    SELECT doc, sum(col = 'room'), sum(col = 'text') FROM temp.words GROUP BY doc;
  SELECT m.id FROM messages AS m LEFT JOIN indexed AS i ON i.id = m.id, search_state AS s
  WHERE m.id <= s.indexed_id AND (i.rooms IS NOT 1 OR i.words < 1
    OR (i.words <> 2 AND m.text GLOB '[a-z]* [0-9]*' AND m.text NOT GLOB '*[ -]*[ -]*'))
  UNION ALL
  SELECT i.id FROM indexed AS i, search_state AS s
  WHERE i.id > s.indexed_id OR i.id NOT IN (SELECT id FROM messages)
  LIMIT 5`;

/**
 * Ids after `id` that the index should have by now and that a search for their words does not find. Ends
 * with a row of how far the index is.
 * @param {number} id
 */
const unfoundAfter = (id) => `
  BEGIN;
  SELECT m.id AS unfound, NULL AS indexed FROM messages AS m, search_state AS s
  WHERE m.id > ${id} AND m.id <= s.indexed_id AND NOT EXISTS (
    SELECT 1 FROM search WHERE rowid = m.id AND search MATCH
      'room:"' || replace(replace(m.room, '-', char(0xE02D)), '_', char(0xE05F)) || '"' ||
      iif(m.text GLOB '[a-z]* [0-9]*' AND m.text NOT GLOB '*[ -]*[ -]*',
        ' text:"' || m.text || '"', ''))
  UNION ALL SELECT NULL, indexed_id FROM search_state`;

/** @returns {Findings} */
export function nothing() {
  return {
    ...{ messages: 0, lost: 0, doubled: 0, phantom: 0, disorder: 0, receipts: 0 },
    ...{ integrity: 'ok', examples: [], notes: [] },
  };
}

/**
 * @param {Findings} sum
 * @param {Findings} more
 */
export function add(sum, more) {
  for (const key of /** @type {const} */ ([
    ...['messages', 'lost', 'doubled', 'phantom', 'disorder', 'receipts'],
  ])) {
    sum[key] += more[key];
  }
  if (sum.integrity === 'ok') sum.integrity = more.integrity;
  sum.notes = more.notes.length > 0 ? more.notes : sum.notes;
  sum.examples.push(...more.examples.slice(0, 10 - sum.examples.length));
}

/** @param {Findings} findings */
export function clean({ lost, doubled, phantom, disorder, receipts, integrity }) {
  return lost + doubled + phantom + disorder + receipts === 0 && integrity === 'ok';
}

export class Checker {
  /** @type {Map<string, number>} how often each text is stored */
  #stored = new Map();
  /** @type {Map<string, number>} the last number of each sender */
  #last = new Map();
  /** @type {Map<number, Row>} */
  #rows = new Map();
  /** @type {Set<Sent>} found lost in an earlier check */
  #gone = new Set();
  #seen = 0; // id
  #indexed = 0; // id: up to it the index was looked at
  #counted = 0; // messages
  /** @type {Findings} */
  #found = nothing();

  /**
   * What holds for messages without a msgId. A broker that is killed, or whose queue is too small,
   * loses them, and their senders repeat them where a PUBACK was lost; then only receipts count. And
   * where those with a msgId have to be sent again, later ones may be there before them.
   */
  promised = { kept: true, once: true, order: true };

  /**
   * @param {import('../lib/stack.js').Stack} stack
   * @param {import('./traffic.js').Traffic} traffic
   */
  constructor(stack, traffic) {
    this.stack = stack;
    this.traffic = traffic;
  }

  /**
   * What came to light since the last time. Everything that was sent has to have settled.
   * @param {number} [past] an id: rows up to it are not looked at, somebody else has
   * @returns {Findings}
   */
  check(past = 0) {
    this.#found = nothing();
    this.#seen = Math.max(this.#seen, past);
    this.traffic.receipts = this.traffic.receipts.filter((receipt) => receipt.id > past);
    for (const row of this.#newRows()) this.#see(row);
    for (const sent of this.traffic.sent.values()) this.#look(sent);
    this.#found.messages = this.traffic.sent.size - this.#counted;
    this.#counted = this.traffic.sent.size;
    this.#compareReceipts();
    this.#found.integrity = this.#newInIndex();
    return this.#found;
  }

  #newInIndex() {
    const rows = this.stack.sql(unfoundAfter(this.#indexed));
    this.#indexed = Number(rows.pop()?.indexed);
    const unfound = rows.slice(0, 5).map((row) => row.unfound);
    return unfound.length > 0 ? `index: ${unfound.join(' ')}` : 'ok';
  }

  /**
   * What takes longer the more there is: the whole file, and the whole index. To be called after the
   * last check.
   * @returns {Findings}
   */
  checkWhole() {
    const found = nothing();
    const [integrity] = this.stack.sql('PRAGMA integrity_check');
    const faults = this.stack.sql(INDEX_FAULTS).map(({ id }) => id);
    if (faults.length > 0) found.integrity = `index: ${faults.join(' ')}`;
    if (integrity?.integrity_check !== 'ok') found.integrity = String(integrity?.integrity_check);
    return found;
  }

  /**
   * As check(), but looks at everything that was ever sent: what was there has to be there still.
   * @returns {Findings}
   */
  checkAll() {
    for (const map of [this.#stored, this.#last, this.#rows]) map.clear();
    this.#seen = 0;
    return this.check();
  }

  /**
   * @param {'lost' | 'doubled' | 'phantom' | 'disorder' | 'receipts'} what
   * @param {string} example
   */
  #find(what, example) {
    this.#found[what]++;
    if (this.#found.examples.length < 10) this.#found.examples.push(`${what}: ${example}`);
  }

  /** @returns {Row[]} */
  #newRows() {
    const rows = [];
    for (;;) {
      const page = /** @type {Row[]} */ (
        this.stack.sql(
          `SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', ts / 1000.0, 'unixepoch') AS ts, room,
           nickname, text, client_id, msg_id FROM messages WHERE id > ${this.#seen}
           ORDER BY id LIMIT ${PAGE}`,
        )
      );
      rows.push(...page);
      this.#seen = page.at(-1)?.id ?? this.#seen;
      if (page.length < PAGE) return rows;
    }
  }

  /** @param {Row} row */
  #see(row) {
    this.#rows.set(row.id, row);
    const sent = this.traffic.sent.get(row.text);
    if (!sent || !asSent(row, sent)) {
      this.#find('phantom', JSON.stringify(row));
      return;
    }
    const times = (this.#stored.get(row.text) ?? 0) + 1;
    this.#stored.set(row.text, times);
    if (times > 1) {
      if (this.promised.once || sent.kind === 'ids') this.#find('doubled', row.text);
      return;
    }
    if (this.promised.order && (this.#last.get(sent.sender) ?? 0) > sent.n) {
      this.#find('disorder', `${row.text} after ${this.#last.get(sent.sender)}`);
    }
    this.#last.set(sent.sender, Math.max(sent.n, this.#last.get(sent.sender) ?? 0));
  }

  /** @param {Sent} sent */
  #look(sent) {
    if (this.#stored.has(sent.text) || this.#gone.has(sent)) return;
    if (!(this.promised.kept && sent.acked) && !sent.receipted) return;
    this.#gone.add(sent);
    this.#find('lost', `${sent.text} (${sent.receipted ? 'receipted' : 'acknowledged'})`);
  }

  /** How many messages were acknowledged by the broker and are not there. */
  get missing() {
    return [...this.traffic.sent.values()].filter(
      (sent) => sent.acked && !this.#stored.has(sent.text),
    ).length;
  }

  /** A receipt names a row, and what it says of it is so. */
  #compareReceipts() {
    for (const receipt of this.traffic.receipts) {
      const row = this.#rows.get(receipt.id);
      if (
        !row ||
        row.ts !== receipt.ts ||
        row.client_id !== (receipt.clientId ?? null) ||
        row.msg_id !== (receipt.msgId ?? null)
      ) {
        this.#find('receipts', `${JSON.stringify(receipt)} but ${JSON.stringify(row)}`);
      }
    }
    this.traffic.receipts = [];
    for (const rejection of this.traffic.rejections) {
      this.#find('receipts', `rejected: ${JSON.stringify(rejection)}`);
    }
    this.traffic.rejections = [];
  }
}

/**
 * @param {Row} row
 * @param {Sent} sent
 */
function asSent(row, { kind, sender, room, n }) {
  return (
    row.room === room &&
    (kind === 'other' || row.nickname === (kind === 'plain' ? 'mqtt' : sender)) &&
    row.client_id === (kind === 'ids' ? sender : null) &&
    row.msg_id === (kind === 'ids' ? `${sender}-${n}` : null)
  );
}
