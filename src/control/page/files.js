// The files of a world, and who would have been told of them.
import { html, useEffect, useState } from './preact-htm.js';
import { client, json, save, scope } from './api.js';
import { Problem, Sent, Table, bytes, useAction, visible } from './show.js';
import { t } from './texts.js';

// What a call answers, read anew whenever `version` changes or `again` is called.
export function useAnswer(path, version, first) {
  const [answer, setAnswer] = useState(first);
  const [problem, setProblem] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let over = false;
    const shown = (value, error) => {
      if (over) return;
      if (value !== undefined) setAnswer(value);
      setProblem(error);
    };
    json(path).then(value => shown(value, ''), error => shown(undefined, error.message));
    return () => {
      over = true;
    };
  }, [path, version, turn]);
  return [answer, () => setTurn(known => known + 1), problem];
}

const holder = held => (held ? `${t(held.kind)} ${held.id}${held.of ? ` (${holder(held.of)})` : ''}` : t('temporary'));

export function Files({ org, version }) {
  const [files, again, problem] = useAnswer(`files?${scope(org)}`, version, []);
  const [note, act] = useAction();
  const [over, setOver] = useState(false);
  const [token, setToken] = useState('page');

  const upload = list => act(async () => {
    for (const file of list) {
      const form = new FormData();
      form.append('file', file, file.name);
      const answer = await client(org, token, 'POST', 'attachments/', form);
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    }
    again();
  });
  const download = file => act(async () => {
    const answer = await client(org, token, 'GET', `attachments/${file.id}/${encodeURIComponent(file.name)}`);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    save(await answer.blob(), file.name);
  });
  const drop = event => {
    event.preventDefault();
    setOver(false);
    upload([...event.dataTransfer.files]);
  };

  return html`<section class="tab">
    <div class=${`drop ${over ? 'over' : ''}`} data-testid="drop" onDrop=${drop}
      onDragOver=${event => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)}>
      <p>${t('Drop files here: each is a real upload through POST /v2/attachments/.')}</p>
      <label>${t('or choose them')} <input type="file" multiple data-testid="choose" onChange=${event => upload([...event.target.files])} /></label>
      <label>${t('Token')} <input type="text" value=${token} size="14" data-testid="token" onInput=${event => setToken(event.target.value)} /></label>
    </div>
    ${note}<${Problem} text=${problem} />
    <${Table} label="files" id="files" heads=${['Preview', 'Name', 'Size', 'Type', 'Where', 'By', 'id', 'Download']}>
      ${files.map(file => html`<tr key=${file.id} data-testid=${`file-${file.id}`}>
        <td>${file.hasPreview && html`<img class="thumb" loading="lazy" alt="" src=${`files/${file.id}/preview?${scope(org)}`} />`}</td>
        <td><${Sent} text=${file.name} cut /></td><td class="size">${bytes(file.size)}</td><td><${Sent} text=${file.mimetype} cut /></td>
        <td>${holder(file.holder)}</td><td>${file.createdBy}</td><td>${file.id}</td>
        <td><button onClick=${() => download(file)} data-testid=${`download-${file.id}`} aria-label=${`${t('Download')} ${visible(file.name)}`}>${'\u2913'}</button></td></tr>`)}
    <//>
    ${files.length === 0 && html`<p class="empty">${t('This world has no files.')}</p>`}
  </section>`;
}

export function Outbox({ org, version }) {
  const [records, , problem] = useAnswer(`outbox?${scope(org)}`, version, []);
  const person = ({ user, roles }) => html`<li key=${user.id}><${Sent} text=${user.display} /> <small>${user.login}: ${roles.join(', ')}</small></li>`;
  return html`<section class="tab">
    <${Problem} text=${problem} />
    <${Table} label="outbox" id="outbox" heads=${['Time', 'What', 'By', 'Of', 'notify', 'notifyAuthor', 'Told']}>
      ${[...records].reverse().map((one, index) => html`<tr key=${records.length - index}>
        <td class="time">${one.time.slice(0, 19).replace('T', ' ')}</td><td>${t(one.event)} <${Sent} text=${one.file.name} /></td>
        <td>${one.actor.login}</td><td>${t(one.entity.type)} <code>${one.entity.id}</code></td><td>${String(one.notify)}</td><td>${String(one.notifyAuthor)}</td>
        <td><ul class="people">${one.recipients.map(person)}</ul></td></tr>`)}
    <//>
    ${records.length === 0 && html`<p class="empty">${t('Nobody would have been told of anything yet.')}</p>`}
  </section>`;
}
