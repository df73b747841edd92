// The newest requests of a world. With each tick it reads those that came since; what comes faster than it can be read is
// left out until it is quiet again, so that many requests cost no more than a few.
import { ask, scope } from './api.js';
import { conditions, matches } from './route.js';

export const MAX_ROWS = 500;

// How many are read of one tick.
const MAX_STEP = 100;

// How long nothing may come before what was left out is read, in milliseconds.
const QUIET = 600;

export class Feed {
  constructor(org, filter, changed) {
    const { query, own } = conditions(filter);
    Object.assign(this, { org, query, own, changed, rows: [], last: 0, seen: null, total: 0, dropped: 0, error: '' });
  }

  stop() {
    clearTimeout(this.timer);
    this.changed = () => {};
  }

  // Reads on. A tick that comes meanwhile is looked at when the reading has ended.
  async tick(tick) {
    this.next = tick;
    if (this.busy) return;
    this.busy = true;
    while (this.next) {
      const now = this.next;
      this.next = null;
      try {
        await this.read(now);
        this.error = '';
      } catch (error) {
        this.error = error.message;
      }
      this.loaded = true;
      this.changed();
    }
    this.busy = false;
  }

  async read(tick) {
    const forgotten = this.seen && (tick.newest < this.seen.newest || (tick.requests < this.seen.requests && tick.dropped === this.seen.dropped));
    this.seen = tick;
    const fresh = forgotten || this.stale || this.last === 0;
    this.stale = false;
    const query = new URLSearchParams(this.query);
    query.set('limit', fresh ? MAX_ROWS : MAX_STEP);
    if (!fresh && !query.has('since')) query.set('since', this.last);
    const response = await ask(`requests?${scope(this.org)}&${query}`);
    const found = Number(response.headers.get('X-Total-Count'));
    this.dropped = Number(response.headers.get('X-Dropped-Count'));
    const records = (await response.json()).reverse();
    if (!fresh && found > records.length) this.readLater();
    this.total = fresh ? found : this.total + found;
    this.last = records[0]?.id ?? (fresh ? 0 : this.last);
    const news = records.filter(record => matches(record, this.own));
    this.rows = fresh ? news : [...news, ...this.rows].slice(0, MAX_ROWS);
  }

  // Some were left out: reads all anew as soon as it is quiet.
  readLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.stale = true;
      this.tick(this.seen);
    }, QUIET);
  }
}

// The attempts of one call together, by the newest of them.
export function fold(rows) {
  const byId = new Map();
  const groups = [];
  for (const row of rows) {
    const ids = [row.id, ...(row.attempts?.requests ?? []).map(attempt => attempt.id)];
    const known = ids.find(id => byId.has(id));
    const group = byId.get(known) ?? { row, older: [] };
    if (known === undefined) groups.push(group);
    else group.older.push(row);
    for (const id of ids) byId.set(id, group);
  }
  return groups;
}
