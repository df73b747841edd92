// The clock, the ids and the state of a world.
import { html, useState } from './preact-htm.js';
import { address, ask, scope, send } from './api.js';
import { useAnswer } from './files.js';
import { Form, Problem, Sent, Table, number, useAction } from './show.js';
import { t } from './texts.js';

export function Clock({ org, version }) {
  const [clock, againClock, problem] = useAnswer(`clock?${scope(org)}`, version, null);
  const [ids, againIds] = useAnswer(`ids?${scope(org)}`, version, null);
  const [note, act] = useAction();
  const set = given => act(async () => {
    await send('PUT', `clock?${scope(org)}`, given);
    againClock();
  });
  const seed = given => act(async () => {
    await send('PUT', `ids?${scope(org)}`, { seed: Number(given.seed) });
    againIds();
  });
  const counters = Object.entries(ids?.counters ?? {}).map(([name, value]) => [name, typeof value === 'object' ? Object.entries(value).map(pair => pair.join(' ')).join(', ') : number(value)]);
  return html`<section class="tab">
    ${note}<${Problem} text=${problem} />
    <h3>${t('Clock')}</h3>
    ${clock && html`<p data-testid="clock"><b>${clock.mode}</b> ${clock.now}${clock.step ? `, step ${clock.step}` : ''}${clock.aheadMs ? `, ${number(clock.aheadMs)} ${t('ms ahead')}` : ''}
      <button onClick=${againClock} data-testid="read-clock">${t('Read')}</button></p>`}
    <${Form} id="clock" inputs=${[['mode', ['run', 'freeze', 'tick']], ['at', '2024-01-13T14:06:29.747+0000'], ['step', '1s']]} button="Set" run=${set} />
    <${Form} id="advance" inputs=${[['advance', '1h']]} button="Advance" run=${set} />
    <h3>${t('Ids')}</h3>
    ${ids && html`<p data-testid="seed">seed <b>${ids.seed}</b></p>`}
    <${Form} id="ids" inputs=${[['seed', '7']]} button="Set" run=${seed} />
    <${Table} label="Ids" id="counters" heads=${['Counter', 'Value']}>${counters.map(([name, value]) => html`<tr key=${name}><td>${name}</td><td>${value}</td></tr>`)}<//>
  </section>`;
}

export function State({ org, version }) {
  const [names, again, problem] = useAnswer(`snapshots?${scope(org)}`, version, []);
  const [note, act] = useAction();
  const [done, setDone] = useState('');
  const run = (what, path, init) => act(async () => {
    await ask(path, init);
    setDone(t(what));
    again();
  });
  const at = name => `snapshots/${encodeURIComponent(name)}`;
  const take = ({ name = '' }) => run('Taken.', `${at(name)}?${scope(org)}`, { method: 'PUT' });
  const load = async event => {
    const [file] = event.target.files;
    if (file) await run('Loaded.', `state?${scope(org)}`, { method: 'PUT', body: await file.text(), headers: { 'Content-Type': 'application/json' } });
    event.target.value = '';
  };
  return html`<section class="tab">
    ${note}<${Problem} text=${problem} />
    <p role="status" class="good" data-testid="done">${done}</p>
    <h3>${t('Document')}</h3>
    <p><a class="button" href=${address(`state?${scope(org)}`).href} download=${`${org}.json`} data-testid="state-download">${t('Download')}</a>
      <label class="button">${t('Load')} <input type="file" accept=".json,application/json" onChange=${load} data-testid="state-load" /></label></p>
    <h3>${t('Snapshots')}</h3>
    <${Form} id="snapshot" inputs=${[['name', '']]} button="Take" run=${take} />
    <ul class="snapshots" data-testid="snapshots">${names.map(({ name }) => html`<li key=${name}><${Sent} text=${name} />
      <button data-testid=${`restore-${name}`} onClick=${() => run('Restored.', `${at(name)}/restore?${scope(org)}`, { method: 'POST' })}>${t('Restore')}</button>
      <button data-testid=${`delete-${name}`} onClick=${() => run('Deleted.', `${at(name)}?${scope(org)}`, { method: 'DELETE' })}>${t('Delete')}</button></li>`)}</ul>
    <h3>${t('Reset')}</h3>
    <p>${t('Back to the fixtures: files, outbox, journal, faults and snapshots of this world are gone.')}</p>
    <${Sure} label=${t('Reset')} id="reset" run=${() => run('Reset.', `reset?${scope(org)}`, { method: 'POST' })} />
  </section>`;
}

// A button that asks once more.
export function Sure({ label, id, run }) {
  const [asked, setAsked] = useState(false);
  const press = () => {
    if (asked) run();
    setAsked(!asked);
  };
  return html`<button class=${asked ? 'danger' : ''} onClick=${press} onBlur=${() => setAsked(false)} data-testid=${id}>${asked ? t('Really?') : label}</button>`;
}
