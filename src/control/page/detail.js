// The chosen request.
import { html, useEffect, useState } from './preact-htm.js';
import { json, scope, text } from './api.js';
import { nearest } from './list.js';
import { Picture, fileOf } from './picture.js';
import { conditions, write } from './route.js';
import { Copy, Sent, Status, Table, bytes, number, visible } from './show.js';
import { nodeTest, pytest } from './snippets.js';
import { t } from './texts.js';

// How many attempts are drawn.
const MAX_DRAWN = 6;

// Reads a record anew whenever `version` changes.
function useRecord(id, version) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let over = false;
    const set = value => over || setFound(value);
    if (id) json(`requests/${id}`).then(record => set({ record }), error => set({ error: error.message }));
    return () => {
      over = true;
    };
  }, [id, version]);
  return found;
}

// The records of all attempts of one call.
function useAttempts(record) {
  const [others, setOthers] = useState([]);
  const ids = (record?.attempts?.requests ?? []).map(attempt => attempt.id);
  useEffect(() => {
    let over = false;
    const read = id => (id === record.id ? record : json(`requests/${id}`).catch(() => undefined));
    Promise.all(ids.slice(-MAX_DRAWN).map(read)).then(found => over || setOthers(found.filter(Boolean)));
    return () => {
      over = true;
    };
  }, [record]);
  return others.some(other => other.id === record?.id) ? others : record ? [record] : [];
}

export function Detail({ route, newest, version, close }) {
  const id = route.id === 'latest' ? newest : route.id;
  const { record, error } = useRecord(id, version);
  const attempts = useAttempts(record);
  if (!record) {
    return html`<aside class="detail empty" aria-label=${t('Chosen request')}><p data-testid="gone">${error ?? (id ? '' : t('Choose a request to see what was sent.'))}</p>
      ${id && html`<a href=${close}>${t('Back')}</a>`}</aside>`;
  }
  const drawn = attempts.filter(one => one.upload || one.fault);
  return html`<aside class="detail" aria-label=${t('Chosen request')} data-testid="detail">
    <header>
      <a class="back" href=${close} data-testid="back">${'\u2190'} ${t('Back')}</a>
      <h2><b>${record.method}</b> <${Sent} text=${record.path} /> <${Status} status=${record.status} /></h2>
      <p class="facts">
        <span>${t('request')} ${record.id}</span>
        <span>${record.operation ?? t('no operation')}</span>
        <span>${number(record.durationMs)} ${t('ms')}</span>
        ${record.actor && html`<span><${Sent} text=${record.actor.login} /></span>`}
        ${record.attempts && html`<span data-testid="attempt">${t('attempt {} of {}', record.attempts.number, record.attempts.of)}</span>`}
      </p>
    </header>
    <div class="buttons">
      <${Copy} id="curl" label=${t('Copy as curl')} words=${() => text(`requests/${record.id}?format=curl`)} />
      <${Copy} id="raw" label=${t('raw')} words=${() => text(`requests/${record.id}?format=raw`)} />
      <${Copy} id="pytest" label="pytest" words=${() => pytest(record)} />
      <${Copy} id="node" label="node:test" words=${() => nodeTest(record)} />
      <${Copy} id="link" label=${t('link')} words=${() => new URL(write({ ...route, id: record.id, filter: '' }), location.href).href} />
    </div>
    ${record.upload && drawn.length > 0 && html`<${Picture} records=${drawn} />`}
    ${record.upload && html`<${Parts} record=${record} />`}
    <${Deviations} record=${record} />
    <${Misses} record=${record} route=${route} />
    <${Exchange} record=${record} />
  </aside>`;
}

function Parts({ record }) {
  const { upload, org } = record;
  const file = fileOf(record);
  const stored = record.status === 201 && file?.contentType?.startsWith('image/') && /"id":"(\d+)"/.exec(record.responseText)?.[1];
  return html`<section data-testid="parts">
    <h3>${t('Parts')} (${upload.partCount})</h3>
    <${Table} label="Parts" heads=${['name', 'filename', 'filename*', 'Type', 'From byte', 'Headers', 'Content', 'SHA-256', 'XXH3-128']}>
      ${upload.parts.map(part => html`<tr>
        ${[part.name, part.filename, part['filename*'], part.contentType].map(text => html`<td><${Sent} text=${text ?? ''} cut /></td>`)}
        <td>${number(part.at)}</td><td>${bytes(part.headerBytes)}</td><td>${bytes(part.bytes)} ${!part.complete && html`<span class="bad">${t('cut off')}</span>`}</td>
        ${[part['sha-256'], part['xxh3-128']].map(value => html`<td><code title=${value}>${value?.slice(0, 12)}</code></td>`)}</tr>`)}
    <//>
    ${upload.name && html`<p data-testid="name">${t('The name is')} <b><${Sent} text=${upload.name.value} /></b>, ${t('from')} <code>${upload.name.from}</code>: ${upload.name.why}.</p>`}
    ${stored && html`<img class="preview" key=${record.id} data-testid="thumbnail" src=${`files/${stored}/preview?${scope(org)}`} alt=${visible(upload.name?.value ?? '')}
      onError=${event => event.target.remove()} />`}
  </section>`;
}

function Deviations({ record }) {
  if (record.deviations.length === 0) return null;
  return html`<section data-testid="deviations"><h3>${t('Deviations')}</h3>
    ${record.deviations.map((one, index) => html`<${Deviation} key=${`${record.id}-${index}`} deviation=${one} />`)}</section>`;
}

// A deviation, and on demand the rows of the evidence that speak of its rule.
function Deviation({ deviation }) {
  const [rows, setRows] = useState();
  const look = async () => {
    const [, section, topic] = /^section (\d+), (.*)$/.exec(deviation.rule) ?? [];
    const words = (topic ?? deviation.rule).toLowerCase().match(/\p{L}{5,}/gu) ?? [];
    const speaks = row => row.source.includes(`\u00a7${section}`) && words.some(word => row.behaviour.toLowerCase().includes(word));
    const all = await json('evidence').catch(() => []);
    setRows(all.filter(speaks).slice(0, 5));
  };
  return html`<div class="note deviation"><p><b>${deviation.kind}</b> <${Sent} text=${deviation.message} /></p>
    <p><small>${deviation.rule}</small> <button class="plain" onClick=${look} data-testid="evidence">${t('evidence')}</button>
      ${rows && html` <a href="evidence?pretty" target="_blank" rel="noopener">${t('all of it')}</a>`}</p>
    ${rows?.map(row => html`<p class="row" key=${row.behaviour}><b>${row.class}</b> ${row.behaviour}: ${row.whatWeDo} <small>${row.why}</small></p>`)}</div>`;
}

// What keeps the request from matching the filter.
function Misses({ record, route }) {
  const [miss, setMiss] = useState();
  useEffect(() => {
    setMiss(undefined);
    const { query } = conditions(route.filter);
    if ([...query].length > 0) nearest(route.org, query).then(all => setMiss(all.find(one => one.id === record.id)), () => {});
  }, [record.id, route.filter]);
  return miss ? html`<section data-testid="misses"><h3>${t('Near misses')}</h3>
    ${miss.differs.map(one => html`<p>${one.what}: <${Sent} text=${one.actual ?? t('none')} /> ${t('and not')} <${Sent} text=${one.expected} /></p>`)}</section>` : null;
}

function Exchange({ record }) {
  const target = record.path + (record.query ? `?${record.query}` : '');
  return html`<section data-testid="exchange"><h3>${t('Exchange')}</h3>
    <pre tabindex="0" aria-label=${t('Request')}>${visible(`${record.method} ${target}`)}${'\n'}${Object.entries(record.headers)
      .map(([name, value]) => `${name}: ${visible(value)}`).join('\n')}${record.requestText ? `\n\n${visible(record.requestText)}` : ''}</pre>
    ${record.fault && html`<p class="note fault"><b>${'\u26a1'} ${record.fault.name ?? t('fault')}</b> ${visible(record.fault.what)} <code>${record.fault.at}</code></p>`}
    <pre tabindex="0" aria-label=${t('Answer')}>${record.status ?? t('no answer')}${record.responseBytes === undefined ? '' : `, ${bytes(record.responseBytes)}`}${'\n'}${visible(pretty(record.responseText))}</pre>
  </section>`;
}

// JSON with a line for each member, if it is whole.
function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json ?? '';
  }
}
