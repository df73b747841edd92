// The address after the hash is the state of the page: #/WORLD/requests, #/WORLD/request/17, #/WORLD/faults.
import { ALL } from './api.js';

export const TABS = ['requests', 'files', 'outbox', 'faults', 'coverage', 'clock', 'state'];

const segment = org => (org === ALL ? '*' : encodeURIComponent(org).replaceAll('*', '%2A'));

export function read() {
  const [path, query = ''] = location.hash.slice(2).split('?');
  const [org = '', tab = '', id = ''] = path.split('/');
  let world = ALL;
  try {
    if (org !== '' && org !== '*') world = decodeURIComponent(org);
  } catch {
    // It was never written by this page.
  }
  const filter = new URLSearchParams(query).get('filter') ?? '';
  if (tab === 'request') return { org: world, tab: 'requests', id, filter };
  return { org: world, tab: TABS.includes(tab) ? tab : 'requests', id: '', filter };
}

export function write({ org, tab, id, filter }) {
  const place = id ? `request/${id}` : tab;
  return `#/${segment(org)}/${place}${filter ? `?filter=${encodeURIComponent(filter)}` : ''}`;
}

// The words of the filter as conditions of the journal, and those that only this page knows.
export function conditions(filter) {
  const query = new URLSearchParams();
  const own = [];
  for (const [word, name, quoted, plain] of filter.matchAll(/([\w.-]+(?:\/[^\s:]*)?):(?:"([^"]*)"|(\S*))|\S+/g)) {
    if (name) query.append(name, quoted ?? plain);
    else own.push(word);
  }
  return { query, own };
}

const KNOWN = {
  deviation: record => record.deviations.length > 0,
  fault: record => Boolean(record.fault),
};

// Whether a record has what the words ask for: other words are a part of its path.
export const matches = (record, own) =>
  own.every(word => (KNOWN[word] ?? (({ path }) => path.includes(word)))(record));
