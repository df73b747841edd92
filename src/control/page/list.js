// The worlds, and the requests of one.
import { Component, html, useEffect, useState } from './preact-htm.js';
import { ALL, scope, send } from './api.js';
import { conditions, write } from './route.js';
import { Sent, Status, Table, bytes, clock, number, visible } from './show.js';
import { t } from './texts.js';

export function Worlds({ worlds, route }) {
  const link = (org, name, world) => {
    const chosen = org === route.org;
    return html`<li key=${name}>
      <a href=${write({ ...route, org, id: '' })} aria-current=${chosen ? 'page' : undefined} data-testid="world">
        <span class="name"><${Sent} text=${name} cut /></span>
        ${world?.deviations > 0 && html`<span class="mark deviation" title=${t('something deviated')}>${'\u2260'}</span>`}
        ${world?.faults > 0 && html`<span class="mark fault" title=${t('faults armed')}>${'\u26a1'}${world.faults}</span>`}
        ${world && html`<span class="count">${number(world.requests)}</span>`}
        ${world?.lastSeen && html`<span class="seen">${t('last seen')} ${clock(world.lastSeen).slice(0, 8)}</span>`}
      </a>
    </li>`;
  };
  const named = worlds.some(world => world.org === route.org) || route.org === ALL ? worlds : [...worlds, { org: route.org, requests: 0 }];
  return html`<nav class="worlds" aria-label=${t('Worlds')}>
    <h2>${t('Worlds')}</h2>
    <ul>${link(ALL, t('All worlds'))}${named.map(world => link(world.org, world.org, world))}</ul>
  </nav>`;
}

export function Filter({ route, go }) {
  const [text, setText] = useState(route.filter);
  useEffect(() => setText(route.filter), [route.filter]);
  const submit = event => {
    event.preventDefault();
    go({ ...route, filter: text.trim() });
  };
  return html`<form class="filter" role="search" onSubmit=${submit}>
    <input id="filter" data-testid="filter" type="search" value=${text} aria-label=${t('Filter')}
      placeholder="operation: status:4xx file: deviation" autocomplete="off" spellcheck=${false}
      onInput=${event => setText(event.target.value)}
      onSearch=${event => event.target.value === '' && go({ ...route, filter: '' })} />
    <button data-testid="apply-filter">${t('Filter')}</button>
  </form>`;
}

// What a request is marked with: signs for those who see, words for those who hear.
const Mark = ({ kind, sign, text }) => html`<span class=${`mark ${kind}`} role="img" title=${visible(text)} aria-label=${`${t(kind)}: ${visible(text)}`}>${sign}</span>`;

function Marks({ record: { fault, deviations } }) {
  return html`${fault && html`<${Mark} kind="fault" sign="\u26a1" text=${`${fault.what} (${fault.at})`} />`}
    ${deviations.length > 0 && html`<${Mark} kind="deviation" sign=${`\u2260${deviations.length > 1 ? deviations.length : ''}`} text=${deviations.map(one => one.message).join(' ')} />`}`;
}

// One request. It is drawn anew only if it is another, because many come.
class Row extends Component {
  shouldComponentUpdate(next) {
    const names = ['record', 'chosen', 'more', 'open', 'href', 'attempt'];
    return names.some(name => next[name] !== this.props[name]);
  }

  render({ record, chosen, more, open, toggle, older, href, attempt }) {
    const choose = event => {
      if (!event.target.closest('a, button')) location.hash = href;
    };
    return html`<tr class=${`${chosen ? 'chosen' : ''} ${older ? 'older' : ''}`} onClick=${choose} data-testid=${`request-${record.id}`}>
      <td class="time">${clock(record.time).slice(0, 8)}<i>${record.time.slice(19, 23)}</i></td>
      <td class="what">
        <a href=${href} aria-current=${chosen ? 'true' : undefined}><b>${record.method}</b> <${Sent} text=${record.path} /></a>
        <small>${record.operation ?? t('no operation')}</small>
      </td>
      <td><${Status} status=${record.status} /></td>
      <td class="size">${bytes(record.requestBytes)}</td>
      <td class="attempt">${more > 0
        ? html`<button aria-expanded=${open} onClick=${toggle} data-testid=${`attempts-${record.id}`} title=${t('Show the other attempts')}>${attempt} ${open ? '\u25be' : '\u25b8'}</button>`
        : attempt}</td>
      <td class="marks"><${Marks} record=${record} /></td>
    </tr>`;
  }
}

export function Requests({ feed, groups, route }) {
  const [open, setOpen] = useState({});
  const row = (record, { of, more = 0, key, older = false }) => {
    const attempts = record.attempts;
    return html`<${Row} key=${record.id} record=${record} older=${older} more=${more} open=${Boolean(open[key])}
      attempt=${attempts ? `${attempts.number}/${of}` : ''} href=${write({ ...route, id: record.id })}
      chosen=${String(record.id) === route.id || (route.id === 'latest' && record === feed.rows[0])}
      toggle=${() => setOpen(known => ({ ...known, [key]: !known[key] }))} />`;
  };
  return html`<${Table} label="requests" id="requests" kind="requests" heads=${['Time', 'Request', 'Status', 'Size', 'Try', 'Marks']}>
      ${groups.map(({ row: newest, older }) => {
        const key = (older[older.length - 1] ?? newest).id;
        const of = newest.attempts?.of;
        return [row(newest, { of, more: older.length, key }), open[key] && older.map(record => row(record, { of, key, older: true }))];
      })}
    <//>
    ${feed.loaded && groups.length === 0 && html`<${Nothing} key="nothing" route=${route} />`}
  `;
}

// Says what came close to a filter that nothing matches.
function Nothing({ route }) {
  const [near, setNear] = useState([]);
  useEffect(() => {
    const { query } = conditions(route.filter);
    if ([...query].length === 0) return;
    nearest(route.org, query).then(setNear, () => setNear([]));
  }, [route.org, route.filter]);
  return html`<div class="empty" data-testid="empty">
    <p>${route.filter ? t('No request matches the filter.') : t('No requests yet. Send one with this organisation, and it appears here.')}</p>
    ${near.length > 0 && html`<h3>${t('Near misses')}</h3>`}
    <ul>${near.map(miss => html`<li key=${miss.id}><a href=${write({ ...route, id: miss.id, filter: '' })}><${Sent} text=${miss.request} /></a>
      ${miss.differs.map(one => html`<small>${one.what}: <${Sent} text=${one.actual ?? t('none')} /> ${t('and not')} <${Sent} text=${one.expected} /></small>`)}</li>`)}</ul>
  </div>`;
}

// The requests that nearly meet the conditions. Their names are those of `match`, where some are in groups.
export async function nearest(org, query) {
  const match = {};
  for (const [name, value] of query) {
    const [group, ...rest] = name.split('.');
    if (rest.length > 0) match[group] = { ...match[group], [rest.join('.')]: value };
    else match[name] = value;
  }
  const verdict = await (await send('POST', `verify?${scope(org)}`, { match, atLeast: 1 })).json();
  return verdict.nearest ?? [];
}
