/** What TAB offers in each shell: the real shells, with the files where `make install` puts them. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from '../lib/stack.js';

const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-'));
const share = join(folder, 'share');
const env = {
  ...{ HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'dumb', XDG_DATA_HOME: join(folder, 'none') },
  ...{ PATH: `${join(build, 'src')}:${process.env.PATH}`, XDG_DATA_DIRS: `${share}:/usr/share` },
};
before(() => {
  const parts = ['bash', 'zsh', 'fish'].map((shell) => `install-dist_${shell}DATA`);
  const run = spawnSync('make', ['-s', '-C', build, ...parts, `prefix=${folder}`], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  writeFileSync(join(folder, 'a file'), '');
});
after(() => rmSync(folder, { recursive: true }));

/** @param {string} shell @param {string[]} args @param {object} [more] */
const run = (shell, args, more = {}) =>
  execFileSync(shell, args, {
    encoding: 'utf8',
    cwd: folder,
    env: { ...env, ...more },
    timeout: 60_000,
  })
    .split('\n')
    .filter(Boolean);

/** As bash-completion loads it. @param {string[]} words */
const bash = (...words) =>
  run('bash', [
    '-c',
    `source /usr/share/bash-completion/bash_completion
     if declare -F _comp_load > /dev/null; then _comp_load mqtt-chat; else _completion_loader mqtt-chat; fi
     compopt() { :; }
     COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
     _mqtt_chat mqtt-chat "\${COMP_WORDS[COMP_CWORD]}" x; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ...['bash', 'mqtt-chat', ...words],
  ]);

/** On a terminal of its own; each match that compadd gets is written down. @param {string} line */
function zsh(line) {
  const hits = join(folder, 'hits');
  rmSync(hits, { force: true });
  // The prompt comes when it reads keys.
  const inner = `PS1='READY>' PS2= RPS1=; fpath=(${share}/zsh/site-functions $fpath)
    autoload -Uz compinit && compinit -u -D; bindkey '^I' complete-word
    compadd() {
      if [[ "\${@[1,(i)(-|--)]}" != *-(O|A|D)\\ * ]]; then
        local -a found; builtin compadd -A found "$@"; print -rl -- $found >> ${hits}
      fi
      builtin compadd "$@"
    }`;
  writeFileSync(join(folder, 'inner'), inner);
  const script = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'source ${folder}/inner'
    zpty -r z out '*READY>*'; zpty -n -w z $'${line}\\t'
    zpty -w z $'\\x15print EN\\\\D'; zpty -r z out '*END*'; zpty -d z`;
  run('zsh', ['-f', '-c', script]);
  return existsSync(hits) ? readFileSync(hits, 'utf8').split('\n').filter(Boolean) : [];
}

/** @param {string} line */
const fish = (line) =>
  run('fish', [
    '--no-config',
    '-c',
    'source $argv[1]; complete -C $argv[2]',
    `${share}/fish/vendor_completions.d/mqtt-chat.fish`,
    line,
  ])
    .map((match) => match.split('\t')[0] ?? '')
    .filter((match) => match.startsWith(line.split(' ').at(-1) ?? '')); // newer ones look inside

/** @param {string} command @param {string} thing */
const shellTest = (command, thing, /** @type {() => void} */ body) =>
  test(`${command} completes commands, options and values`, (t) => {
    if (spawnSync('test', ['-e', thing]).status !== 0) t.skip(`apt-get install ${command}`);
    else body();
  });

shellTest('bash-completion', '/usr/share/bash-completion/bash_completion', () => {
  assert.deepEqual(bash('re'), ['restore', 'reindex', 'revoke']);
  assert.deepEqual(bash('prune', '--d'), ['--days=', '--dry-run', '--database=']);
  assert.deepEqual(bash('--config', '=', '/etc/x', 'stat'), ['status']);
  assert.deepEqual(bash('-c', '/etc/x', 'export', '--f'), ['--format=']);
  assert.deepEqual(bash('export', '--format', '='), ['ndjson', 'csv']);
  assert.deepEqual(bash('export', '--format', '=', 'c'), ['csv']);
  assert.deepEqual(bash('status', '--log-level', '=', 'd'), ['debug']);
  assert.deepEqual(bash('--conf'), ['--config=']);
  assert.deepEqual(bash('restore', 'a'), ['a file']);
  assert.deepEqual(bash('--database', '=', 'a'), ['a file']);
  assert.deepEqual(bash('help', 'imp'), ['import']);
  assert.deepEqual(bash('completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(bash('room', 't'), ['topic']);
  assert.deepEqual(bash('ban', '--f'), ['--for=']);
  assert.deepEqual(bash('ban', ''), []);
  assert.deepEqual(bash('token', '--r'), [
    '--rooms=',
    '--retention-days=',
    '--retention-messages=',
  ]);
  assert.deepEqual(bash('tail', ''), []);
});

shellTest('zsh', '/usr/bin/zsh', () => {
  assert.deepEqual(zsh('mqtt-chat re').sort(), ['reindex', 'restore', 'revoke']);
  assert.deepEqual(zsh('mqtt-chat prune --da').sort(), ['--database', '--days']);
  assert.deepEqual(zsh('mqtt-chat --config=/etc/x stat'), ['status']);
  assert.deepEqual(zsh('mqtt-chat export --format='), ['ndjson', 'csv']);
  assert.deepEqual(zsh('mqtt-chat status --log-level=d'), ['debug']);
  assert.deepEqual(zsh('mqtt-chat restore a'), ['a\\ file']);
  assert.deepEqual(zsh('mqtt-chat help imp'), ['import']);
  assert.deepEqual(zsh('mqtt-chat room '), ['topic', 'list']);
  assert.deepEqual(zsh('mqtt-chat mute --f'), ['--for']);
});

shellTest('fish', '/usr/bin/fish', () => {
  assert.deepEqual(fish('mqtt-chat re').sort(), ['reindex', 'restore', 'revoke']);
  assert.deepEqual(fish('mqtt-chat prune --da').sort(), ['--database', '--days']);
  assert.deepEqual(fish('mqtt-chat --config=/etc/x stat'), ['status']);
  assert.deepEqual(fish('mqtt-chat export --format=').sort(), ['--format=csv', '--format=ndjson']);
  assert.deepEqual(fish('mqtt-chat status --log-level=d'), ['--log-level=debug']);
  assert.deepEqual(fish('mqtt-chat restore a'), ['a file']);
  assert.deepEqual(fish('mqtt-chat help imp'), ['import']);
  assert.deepEqual(fish('mqtt-chat room --cl'), ['--clear']);
  assert.deepEqual(fish('mqtt-chat room t'), ['topic']);
  assert.deepEqual(fish('mqtt-chat token --lo').sort(), ['--log-level', '--long']);
});

test('what is written is what the shells take', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = join(folder, `script.${shell}`);
    writeFileSync(script, execFileSync('mqtt-chat', ['completion', shell], { env }));
    const checked = spawnSync(shell, ['-n', script], { encoding: 'utf8', env });
    assert.deepEqual([checked.status, checked.stderr], [0, ''], shell);
  }
  assert.equal(spawnSync('mqtt-chat', ['completion', 'tcsh'], { env }).status, 64);
});
