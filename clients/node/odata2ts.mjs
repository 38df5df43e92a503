// odata2ts: generates a typed client from $metadata; it and a program on it (odata2ts.ts) compile with
// everything strict. (skipLibCheck: the declarations of its own libraries are not that clean.)

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { NAME, SPRING, family, like, refused, run, same, sameTypes, token, url } from './harness.mjs';

const here = import.meta.dirname;
const generated = `${here}/.generated`;
const tool = (name, ...args) => {
  try {
    execFileSync(`${here}/node_modules/.bin/${name}`, args, { cwd: here, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${name} failed: ${error.stdout}${error.stderr}`);
  }
};

rmSync(generated, { recursive: true, force: true });
mkdirSync(`${generated}/js`, { recursive: true });
writeFileSync(`${generated}/metadata.xml`, await (await fetch(`${url}$metadata`)).text());
tool('odata2ts', '-s', `${generated}/metadata.xml`, '-o', generated, '-m', 'service', '-e', 'ts', '-t', 'tsconfig.json');
tool('tsc', '-p', 'tsconfig.json');
writeFileSync(`${generated}/js/package.json`, '{ "type": "commonjs" }');
const client = createRequire(import.meta.url)('./.generated/js/odata2ts.js');
// It puts a slash behind the root by itself.
const service = client.connect(url.replace(/\/$/, ''), token);

/** The interfaces that were generated: their properties, without the navigations, which are optional. */
function interfaces() {
  const text = readFileSync(`${generated}/LiveAgentModel.ts`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = {};
  for (const [, name, body] of text.matchAll(/^export interface (\w+) \{([\s\S]*?)^\}/gm)) {
    found[name] = {};
    for (const [, property, type, nullable] of body.matchAll(/^\s*(\w+): (\w+)( \| null)?;/gm)) {
      found[name][property] = { type, nullable: nullable !== undefined };
    }
  }
  return found;
}

const TYPES = { 'Edm.Int64': 'number', 'Edm.Int32': 'number', 'Edm.Double': 'number', 'Edm.Boolean': 'boolean' };

await run('odata2ts', {
  async metadata({ columns }) {
    sameTypes(interfaces(), columns, (type) => TYPES[type] ?? 'string');
  },
  async rows({ conversations }) {
    same(like(conversations, await client.rows(service)), conversations);
  },
  pages: 'follows no next link by itself',
  async filter({ resolved_in_spring, named }) {
    same(await client.inWindow(service, SPRING.from, SPRING.to), resolved_in_spring);
    // It does not double the quote of a literal: whoever uses it must.
    same(await client.named(service, NAME.replaceAll("'", "''")), named);
  },
  async expand({ expanded }) {
    same(family(await client.expanded(service)), expanded);
    const [{ id, messages }] = expanded;
    same((await client.ofConversation(service, id)).map((message) => message.id), messages);
  },
  async count({ incoming }) {
    same(await client.incoming(service), incoming);
  },
  async error({ stranger }) {
    await refused(() => client.byKey(service, stranger), 'no such Conversation', 404);
    await refused(() => client.inWindow(service, 'yesterday', 'today'), 'yesterday', 400);
  },
});
