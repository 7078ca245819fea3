/**
 * Small changes to the functions of a C file: what a slip of the hand would be, or a line that
 * somebody takes out because no test misses it.
 */

/**
 * @typedef {object} Change
 * @property {number} at what stands from here
 * @property {number} end to here
 * @property {string} by goes, and this comes
 */

/**
 * The code with comments, strings, directives and all that is outside of functions blanked. Every
 * place stays where it is.
 * @param {string} text
 */
function bare(text) {
  const blank = (/** @type {string} */ s) => s.replace(/[^\n]/g, ' ');
  const noise = /\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|^#(?:.*\\\n)*.*$/gm;
  const code = text.replace(noise, blank);
  return code.replace(/((?:.*\n)*?)(^\{\n[\s\S]*?^\}|$(?![\s\S]))/gm, (_, between, body) => {
    return blank(between) + body;
  });
}

/**
 * Where what stands at `from` ends, or begins: at the first place, outside of brackets, that `stop`
 * takes.
 * @param {string} code
 * @param {number} from
 * @param {1 | -1} step
 * @param {RegExp} stop
 */
function edge(code, from, step, stop) {
  const [open, close] = step === 1 ? ['([{', ')]}'] : [')]}', '([{'];
  let at = from;
  for (let depth = 0; at >= 0 && at < code.length; at += step) {
    const c = code[at] ?? '';
    if (depth === 0 && (close.includes(c) || stop.test(code.slice(at, at + 2)))) break;
    if (open.includes(c)) depth++;
    if (close.includes(c)) depth--;
  }
  return at;
}

/**
 * @param {string} code
 * @param {RegExp} pattern
 * @param {(found: string, at: number, end: number) => Change[]} changes
 */
const each = (code, pattern, changes) =>
  [...code.matchAll(pattern)].flatMap(({ 0: found, index = 0 }) =>
    changes(found, index, index + found.length),
  );

/**
 * @param {string} code
 * @param {RegExp} like what a statement has to be, all of it
 */
const withoutStatement = (code, like) =>
  each(code, /(?<=[;{}):]\s*\n\s*|\belse\n\s*)(?!return\b)[*(\w]/g, (_, at) => {
    const end = edge(code, at, 1, /^;/);
    return like.test(code.slice(at, end)) ? [{ at, end, by: '' }] : [];
  });

/** @type {Record<string, string>} */
const opposite = { '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==' };
/** @type {Record<string, string>} of what a function returns */
const success = { bool: 'true', int: '0', enum: '0' };
/** A millisecond or a microsecond more or less is nothing that a test could see. */
const ofTime = /clock_\w+\(|\bnow\b|\w_(at|ms|us)\b|\b(deadline|took|nsec)\b/;
/**
 * What is not freed is a leak, and what is freed is seen by nobody: valgrind and AddressSanitizer look for
 * both in `check full`.
 */
const frees = /^(\w+_)?free\([^;]*\)$|^json_(object_put|tokener_free)\([^;]*\)$/;
/** A statement that is reached where the system has no memory to give, which no test here can have. */
const ofMemory = /^[^?]*\("?[^?]*out of memory[^?]*;$/;
const operandEnds = /^(&&|\|\||[,;?:{]|= |n )/; // the last one: of `return`

/** @type {Record<string, (code: string, text: string) => Change[]>} */
const kinds = {
  comparison: (code) =>
    each(code, /(?<= )([<>]=?|[=!]=)(?=\s)/g, (sign, at, end) => [
      { at, end, by: opposite[sign] ?? '' },
    ]),
  'and for or': (code) =>
    each(code, /&&|\|\|/g, (sign, at, end) => [{ at, end, by: sign === '&&' ? '||' : '&&' }]),
  negation: (code, text) =>
    each(code, /(?<=\b(if|while) )\(/g, (_, at) => {
      const end = edge(code, at + 1, 1, /^$/);
      return [{ at, end, by: `(!${text.slice(at, end)})` }];
    }),
  constant: (code) =>
    each(code, /(?<![\w.])(?<!^\s*(?:\w+ )+.*\[)\d+(?![\w.])/gm, (digits, at, end) =>
      [1, -1].map((n) => ({ at, end, by: `(${Number(digits) + n})` })),
    ),
  'call removed': (code) => withoutStatement(code, /^(?!\w+ \()(\(void\)!?)?[\w.>-]+\([\s\S]*\)$/),
  'assignment removed': (code) =>
    withoutStatement(code, /^\**\w[\w.>[\]-]*(\+\+|--| ([-+*/%&|^]|<<|>>)?=\s[\s\S]*)$/),
  'success returned': (code, text) =>
    each(code, /(?<=\breturn )[^;]+(?=;)/g, (value, at, end) => {
      const head = text.slice(0, text.lastIndexOf('\n{\n', at)).split('\n\n').at(-1) ?? '';
      const type = /^(?:static )?(bool|int|enum) (?:\w+ )?\w+\(/m.exec(head)?.[1];
      const by = success[type ?? ''];
      return by && by !== value && !/^\w+_OK$/.test(value) ? [{ at, end, by }] : [];
    }),
  'operand removed': (code) =>
    each(code, /&&|\|\|/g, (_, at, end) => [
      { at, end: edge(code, end, 1, operandEnds), by: '' },
      { at: edge(code, at - 1, -1, operandEnds) + 1, end, by: '' },
    ]),
};

/**
 * All that may be changed in a file, by kind.
 * @param {string} text
 * @returns {{kind: string, changes: Change[]}[]}
 */
export function changesOf(text) {
  const code = bare(text);
  const line = (/** @type {number} */ at) =>
    code.slice(code.lastIndexOf('\n', at) + 1, code.indexOf('\n', at));
  const told = (/** @type {Change} */ { at, end, by }) =>
    !(/^([<>]=?|\(-?\d+\))$/.test(by) && ofTime.test(line(at))) &&
    !(by === '' && frees.test(code.slice(at, end))) &&
    !ofMemory.test(text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at)));
  return Object.entries(kinds).map(([kind, find]) => ({
    kind,
    changes: find(code, text).filter(told),
  }));
}
