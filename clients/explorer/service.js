// The demo on a port and data of its own, and SQL to check its numbers with.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = process.env.LIVEAGENT_ODATA ?? new URL('../../target/debug/liveagent-odata', import.meta.url).pathname;
// Enough for more than 50,000 messages.
const CONVERSATIONS = 8000;

/** The accounts that the demo's administrator has. */
export const SCOPE = 'account_id IN (1, 2)';

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts it; `options` are of its command line. */
export async function startService({ conversations = CONVERSATIONS, options = [] } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'explorer-'));
  // PostgreSQL runs as somebody else where we are root.
  chmodSync(directory, 0o711);
  const port = await freePort();
  const child = spawn(PROGRAM, ['demo', '--data-dir', join(directory, 'data'), '--conversations', String(conversations),
    '--listen', `127.0.0.1:${port}`, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  // Whoever stops the tests stops it, too.
  const orphan = () => child.kill('SIGTERM');
  process.once('exit', orphan);
  process.once('SIGTERM', () => process.exit(1));
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  const shown = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      if (text.includes('Ctrl-C stops it')) resolve(text);
    });
    child.on('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
    child.on('error', reject);
  });
  const [, host, user, database] = /psql -h (\S+) -U (\S+) (\S+)/.exec(shown);
  return {
    shown,
    origin: `http://127.0.0.1:${port}`,
    link: /explorer\s+(\S+)/.exec(shown)?.[1],
    token: /apikey=(\w+)/.exec(shown)[1],
    root: `http://127.0.0.1:${port}/v1.0/odata/`,
    /** Rows of text cells. */
    sql(text) {
      const out = execFileSync('psql', ['-h', host, '-U', user, '-d', database, '-v', 'ON_ERROR_STOP=1', '-AtqX', '-F', '\t', '-c', text],
        { encoding: 'utf8', maxBuffer: 1 << 28 });
      return out.split('\n').filter(Boolean).map((line) => line.split('\t'));
    },
    async stop() {
      process.off('exit', orphan);
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
