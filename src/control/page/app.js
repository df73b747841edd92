// The page: what is chosen, what is live, and where everything stands.
import { html, render, useEffect, useMemo, useRef, useState } from './preact-htm.js';
import { ALL, ask, json, scope, watch } from './api.js';
import { Coverage } from './coverage.js';
import { Detail } from './detail.js';
import { Faults } from './faults.js';
import { Feed, fold } from './feed.js';
import { Files, Outbox } from './files.js';
import { Filter, Requests, Worlds } from './list.js';
import { TABS, read, write } from './route.js';
import { Clock, State, Sure } from './setting.js';
import { number } from './show.js';
import { language, t } from './texts.js';

// What is about one world alone.
const OF_ONE = ['files', 'outbox', 'faults', 'clock', 'state'];

// How often the worlds and an open tab are read at most, in milliseconds.
const SLOW = 1000;

const THEMES = ['auto', 'light', 'dark'];

// At most one call in `SLOW` milliseconds, the last of them always.
function slowly(work) {
  let timer, again;
  const run = () => {
    again = false;
    work();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, SLOW);
  };
  return () => (timer ? (again = true) : run());
}

function useTheme() {
  const [theme, setTheme] = useState(localStorage.getItem('theme') ?? 'auto');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem('theme', theme);
  }, [theme]);
  return [theme, () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length])];
}

function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

const go = route => {
  location.hash = write(route);
};

function App() {
  const route = useRoute();
  const [theme, nextTheme] = useTheme();
  const [connection, setConnection] = useState(['lost', '']);
  const [worlds, setWorlds] = useState([]);
  const [operations, setOperations] = useState([]);
  const [version, setVersion] = useState(0);
  const [paused, setPaused] = useState(false);
  const [, redraw] = useState(0);
  const live = useRef({});

  // One feed for each choice of world and filter.
  const feed = useMemo(() => {
    live.current.feed?.stop();
    const made = new Feed(route.org, route.filter, () => redraw(known => known + 1));
    live.current.feed = made;
    if (live.current.tick) made.tick(live.current.tick);
    return made;
  }, [route.org, route.filter]);
  live.current.paused = paused;

  useEffect(() => {
    const readAll = slowly(() => {
      json('worlds').then(setWorlds, () => {});
      setVersion(known => known + 1);
    });
    const onTick = tick => {
      live.current.tick = tick;
      if (live.current.paused) redraw(known => known + 1);
      else live.current.feed.tick(tick);
      readAll();
    };
    json('coverage?all=true').then(report => setOperations(report.operations.map(one => one.operation)), () => {});
    return watch(onTick, (...state) => setConnection(state));
  }, []);

  const groups = useMemo(() => fold(feed.rows), [feed.rows]);
  const newest = feed.rows[0]?.id;
  useKeys(groups);
  useEffect(() => {
    document.title = `${route.org === ALL ? '' : `${route.org} \u2013 `}tracker-mock`;
  }, [route.org]);

  const pause = () => {
    if (paused && live.current.tick) feed.tick(live.current.tick);
    setPaused(!paused);
  };
  const clear = () => ask(`requests?${scope(route.org)}`, { method: 'DELETE' }).catch(() => {});
  const waiting = paused && live.current.tick ? Math.max(0, live.current.tick.newest - (feed.seen?.newest ?? 0)) : 0;
  const [state, why] = connection;

  return html`<header class="top">
      <h1><a href=${write({ org: ALL, tab: 'requests' })}>tracker-mock</a></h1>
      <span class=${`connection ${state}`} data-testid="connection" role="status">${state === 'live' ? t('live') : t('not connected')}</span>
      ${why && html`<span class="bad" data-testid="why">${why}</span>`}
      <span class="counts" aria-live="polite" data-testid="count">${t('{} requests', number(feed.total))}</span>
      ${feed.dropped > 0 && html`<span class="warn" data-testid="dropped">${t('{} dropped', number(feed.dropped))}</span>`}
      <span class="space"></span>
      <button aria-pressed=${paused} onClick=${pause} data-testid="pause">${paused ? t('Go on') : t('Pause')}${waiting > 0 ? ` (${number(waiting)})` : ''}</button>
      <${Sure} label=${t('Clear')} id="clear" run=${clear} />
      <button onClick=${nextTheme} data-testid="theme" aria-label=${`${t('Theme')}: ${t(theme)}`}>${{ auto: '\u25d0', light: '\u2600', dark: '\u263e' }[theme]}</button>
    </header>
    <div class="body">
      <${Worlds} worlds=${worlds} route=${route} />
      <main class=${route.tab === 'requests' ? (route.id ? 'list open' : 'list') : ''}>
        <nav class="tabs" aria-label=${t('tabs')}>${TABS.map(tab => html`<a key=${tab} href=${write({ org: route.org, tab })}
          aria-current=${tab === route.tab ? 'page' : undefined} data-testid=${`tab-${tab}`}>${t(tab)}</a>`)}</nav>
        ${route.tab === 'requests'
          ? html`<div class="panes"><section class="middle">
              <${Filter} route=${route} go=${go} />
              <p class=${feed.error ? 'problem' : 'problem none'} role="status" data-testid="list-problem">${feed.error}</p>
              <${Requests} feed=${feed} groups=${groups} route=${route} />
              <p class="keys">${t('Keys')}: j k / Enter Esc</p>
            </section>
            <${Detail} route=${route} newest=${newest} version=${version} close=${write({ ...route, id: '' })} /></div>`
          : html`<${Tab} key=${String(route.org)} route=${route} version=${version} operations=${operations} />`}
      </main>
    </div>`;
}

function Tab({ route, version, operations }) {
  const { org, tab } = route;
  if (org === ALL && OF_ONE.includes(tab)) return html`<p class="empty" data-testid="choose-world">${t('Choose a world on the left.')}</p>`;
  const shown = { files: Files, outbox: Outbox, faults: Faults, coverage: Coverage, clock: Clock, state: State }[tab];
  return html`<${shown} key=${tab} org=${org} route=${route} version=${version} operations=${operations} />`;
}

// j and k choose, / goes to the filter, Enter to the chosen request, Esc back.
function useKeys(groups) {
  const now = useRef();
  now.current = groups;
  useEffect(() => {
    const pressed = event => {
      // The page may not show yet where the key before has led.
      const route = read();
      const typing = event.target.closest('input, select, textarea');
      if (event.ctrlKey || event.metaKey || event.altKey || route.tab !== 'requests') return;
      if (event.key === 'Escape') {
        if (typing) typing.blur();
        else go({ ...route, id: '' });
      } else if (typing) {
        return;
      } else if (event.key === '/') {
        event.preventDefault();
        document.getElementById('filter')?.focus();
      } else if (event.key === 'Enter' && event.target === document.body) {
        document.querySelector('.detail .buttons button')?.focus();
      } else if (event.key === 'j' || event.key === 'k') {
        const ids = now.current.map(({ row }) => String(row.id));
        const place = route.id === 'latest' ? 0 : ids.indexOf(route.id);
        const next = event.key === 'j' ? Math.min(place + 1, ids.length - 1) : Math.max(place - 1, 0);
        if (ids.length > 0) go({ ...route, id: ids[next] });
        document.querySelector(`[data-testid="request-${ids[next]}"]`)?.scrollIntoView({ block: 'nearest' });
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

document.documentElement.lang = language;
render(html`<${App} />`, document.getElementById('app'));
