// Faults: presets to switch on, a form for a rule, and what the armed ones came to.
import { html } from './preact-htm.js';
import { scope, send, ask } from './api.js';
import { useAnswer } from './files.js';
import { Form, Problem, Sent, Table, number, useAction } from './show.js';
import { t } from './texts.js';

const PLACES = {
  before: () => 'before',
  after: () => 'after',
  'part-headers': () => ({ request: 'part-headers' }),
  afterFileBytes: count => ({ request: { afterFileBytes: count } }),
  'before-closing-boundary': () => ({ request: 'before-closing-boundary' }),
  half: () => ({ answer: 'half' }),
  afterBytes: count => ({ answer: { afterBytes: count } }),
};

// What the fields of the form say, as a rule.
export function ruleOf(given) {
  const count = name => (given[name] === undefined ? undefined : Number(given[name]));
  const pick = names => Object.fromEntries(names.filter(name => given[name]).map(name => [name, given[name]]));
  return {
    name: given.name,
    match: pick(['operation', 'method', 'path', 'file']),
    at: PLACES[given.at](count('offset') ?? 0),
    skip: count('skip'),
    times: count('times'),
    do: { delay: given.delay, status: count('status'), connection: given.connection, bytesPerSecond: count('bytesPerSecond') },
  };
}

// JSON for people who know what is meant.
const words = value => JSON.stringify(value ?? '').replace(/[{}"[\]]/g, '').replace(/[,:]/g, '$& ');

export function Faults({ org, version, operations }) {
  const where = `faults?${scope(org)}`;
  const [{ rules }, again, problem] = useAnswer(where, version, { rules: [] });
  const [{ presets }] = useAnswer('faults/presets', 0, { presets: [] });
  const [note, act] = useAction();
  const arm = (method, list) => act(async () => {
    await send(method, where, { rules: list });
    again();
  });
  const without = gone => arm('PUT', rules.filter(rule => !gone(rule)).map(({ rule }) => rule));
  const flip = (preset, on) => (on ? without(({ rule }) => rule.preset === preset) : arm('POST', [{ preset }]));
  const disarm = () => act(async () => {
    await ask(where, { method: 'DELETE' });
    again();
  });
  const Switch = ({ preset, rule }) => {
    const on = rules.some(({ rule }) => rule.preset === preset);
    return html`<li><button role="switch" aria-checked=${on} data-testid=${`preset-${preset}`} onClick=${() => flip(preset, on)}><span class="knob"></span>${preset}</button>
      <small>${words(rule.at)}: ${words(rule.do)}</small></li>`;
  };
  const Armed = ({ armed: { index, rule, matched, fired, neverFired } }) => html`<tr class=${neverFired ? 'never' : ''} data-testid=${`rule-${index}`}>
    <td><${Sent} text=${rule.name ?? `${t('rule')} ${index}`} /></td><td><${Sent} text=${words(rule.match) || t('every request')} cut /></td><td>${words(rule.at)}</td>
    <td><${Sent} text=${words(rule.do)} /></td><td>${rule.times ?? '\u221e'}</td><td>${number(matched)}</td><td>${neverFired ? t('never fired') : number(fired)}</td>
    <td><button onClick=${() => without(one => one.index === index)} aria-label=${`${t('Disarm')} ${rule.name ?? index}`} data-testid=${`disarm-${index}`}>${'\u2715'}</button></td></tr>`;

  return html`<section class="tab">
    ${note}<${Problem} text=${problem} />
    <h3>${t('Presets')}</h3>
    <ul class="switches">${presets.map(rule => html`<${Switch} key=${rule.preset} preset=${rule.preset} rule=${rule} />`)}</ul>
    <h3>${t('Armed')} (${rules.length})</h3>
    ${rules.length > 0 && html`<${Table} label="Armed" id="armed" heads=${['Name', 'Which', 'Where', 'What', 'Times', 'Matched', 'Fired', 'Disarm']}>
      ${rules.map(armed => html`<${Armed} key=${armed.index} armed=${armed} />`)}<//>
      <p><button onClick=${disarm} data-testid="disarm-all">${t('Disarm all')}</button></p>`}
    <h3>${t('A rule')}</h3>
    <${Form} id="rule" button="Arm it" run=${given => arm('POST', [ruleOf(given)])} inputs=${[
      ['name', ''], ['operation', ['', ...operations]], ['method', ['', 'GET', 'POST', 'PATCH', 'PUT', 'DELETE']], ['path', '/v2/attachments'], ['file', '*.png'],
      ['at', Object.keys(PLACES)], ['offset', '1024'], ['status', '503'], ['connection', ['', 'close', 'reset', 'stall']], ['delay', '250ms'], ['bytesPerSecond', '65536'],
      ['skip', '0'], ['times', '1']]} />
  </section>`;
}
