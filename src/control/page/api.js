// Calls of the server. The page stands in /_mock/, wherever that is.
const ROOT = new URL('.', document.baseURI);

// The name that stands for all worlds in addresses. A world of that name is written %2A there.
export const ALL = Symbol('all worlds');

export const address = path => new URL(path, ROOT);

// How a call names a world, or all.
export const scope = org => (org === ALL ? 'all=true' : `org=${encodeURIComponent(org)}`);

// What the server says is wrong, in one line.
async function reason(response) {
  const text = await response.text();
  try {
    const { errors, errorMessages } = JSON.parse(text);
    const named = Object.entries(errors).map(([name, message]) => `${name}: ${message}`);
    return [...named, ...errorMessages].join(' ') || text;
  } catch {
    return text || `${response.status}`;
  }
}

export async function ask(path, init) {
  const response = await fetch(address(path), init);
  if (!response.ok) throw new Error(await reason(response));
  return response;
}

export const json = async (path, init) => (await ask(path, init)).json();

export const text = async path => (await ask(path)).text();

export const send = (method, path, body) =>
  ask(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });

// Calls `onTick` with each tick, and `onState` with live, lost or off and why. Returns what ends it.
export function watch(onTick, onState) {
  let source, timer;
  const open = () => {
    source = new EventSource(address('events'));
    source.onopen = () => onState('live', '');
    source.onmessage = event => onTick(JSON.parse(event.data));
    source.onerror = async () => {
      onState('lost', '');
      if (source.readyState !== EventSource.CLOSED) return;
      // The server answered, but not with a stream. It may say why.
      clearTimeout(timer);
      timer = setTimeout(open, 2000);
      await text('requests?all=true&limit=1').catch(error => onState('lost', error.message));
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

// Requests to the emulated API, as a client sends them.
export const client = (org, token, method, path, body) =>
  fetch(new URL(`../v2/${path}`, ROOT), { method, body, headers: { Authorization: `OAuth ${token}`, 'X-Org-ID': org } });

// Has the browser save a blob under a name.
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Whether it worked. Browsers have a clipboard only for secure origins; elsewhere there is the old way.
export async function copy(words) {
  if (navigator.clipboard) return navigator.clipboard.writeText(words).then(() => true, () => copyOld(words));
  return copyOld(words);
}

function copyOld(words) {
  const area = document.createElement('textarea');
  area.value = words;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
